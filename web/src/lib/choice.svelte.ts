// What this screen is looking at: the chosen incident, which panel is open, where the map should go. Nothing of it leaves the browser.
import { feed } from './feed.svelte'
import type { ClockRow, IncidentRow } from './types'

export type Panel = 'none' | 'help' | 'muster' | 'settings' | 'grade' | 'mine' | 'shares' | 'log' | 'handover' | 'replay' | 'print' | 'keepaway' | Form
/** Forms about the chosen incident. */
export type Form = 'close' | 'level' | 'note' | 'agency' | 'transfer' | 'standdown' | 'command' | 'posts' | 'correct'
export const FORMS: readonly Panel[] = ['close', 'level', 'note', 'agency', 'transfer', 'standdown', 'command', 'posts', 'correct']
export interface Point {
  lon: number
  lat: number
}
/** Nobody waits for anything there any more but the report. */
export const OVER = ['stood_down', 'cleared', 'closed']

class Choice {
  incident_id = $state<string | null>(null)
  panel = $state<Panel>('none')
  /** Whether a call is being taken; its form stays while a panel lies over it. */
  taking = $state(false)
  /** Where the map should fly to, null for the whole city; `stamp` makes the same place twice two wishes. */
  target = $state.raw<{ at: Point | null; stamp: number } | null>(null)
  /** The place of the call being taken. */
  draft = $state.raw<Point | null>(null)
  private before: string | null = null
  /** A call that was taken and whose incident is not there yet. */
  awaited = $state<string | null>(null)
  /** Takes the next click on the map, where somebody waits for one. */
  onPick = $state.raw<((point: Point) => void) | null>(null)

  /** Incidents in the order in which they need somebody. */
  queue: IncidentRow[] = $derived([...feed.incidents.values()].sort(byUrgency))
  incident: IncidentRow | null = $derived(this.incident_id ? (feed.incidents.get(this.incident_id) ?? null) : null)
  /** Incidents about which a commander's keep-away notice stands, the newest first. */
  warned: IncidentRow[] = $derived([...feed.incidents.values()].filter((row) => row.warned).sort((a, b) => (b.warned?.at_s ?? 0) - (a.warned?.at_s ?? 0)))
  /** The most urgent ones that no seat has taken: they sound and stand in red until one does. */
  alarms: IncidentRow[] = $derived([...feed.alive.values()].sort(byUrgency).filter((row) => row.priority <= 1 && row.seat === null && !OVER.includes(row.status)))

  choose(incident_id: string | null): void {
    this.incident_id = incident_id
    this.awaited = null
    this.taking = false
    if (FORMS.includes(this.panel)) this.panel = 'none'
    const row = incident_id ? feed.incidents.get(incident_id) : null
    if (row?.lon != null && row.lat != null) this.fly(row.lon, row.lat)
  }
  /** Take a new call: nothing else is chosen meanwhile, so that no key means another incident. */
  take(): void {
    if (this.taking) return
    this.before = this.incident_id
    this.incident_id = this.awaited = null
    this.taking = true
  }
  /** Leave the call's form: to its incident, else to the one that was chosen before. */
  leave(): void {
    this.taking = false
    if (!this.incident_id && this.before && feed.incidents.has(this.before)) this.incident_id = this.before
  }
  /** Choose the incident of a call as soon as there is one. */
  await(call_id: string): void {
    this.awaited = call_id
  }
  step(by: number): void {
    const at = this.queue.findIndex((row) => row.id === this.incident_id)
    const next = this.queue[at < 0 ? 0 : Math.min(Math.max(at + by, 0), this.queue.length - 1)]
    if (next) this.choose(next.id)
  }
  fly(lon: number, lat: number): void {
    this.target = { at: { lon, lat }, stamp: performance.now() }
  }
  wholeCity(): void {
    this.target = { at: null, stamp: performance.now() }
  }
  toggle(panel: Panel): void {
    this.panel = this.panel === panel ? 'none' : panel
  }
  /** Open a form about the chosen incident, where one is chosen. */
  form(panel: Form): void {
    if (this.incident) this.panel = panel
  }
}

function byUrgency(a: IncidentRow, b: IncidentRow): number {
  return a.priority - b.priority || soonest(a) - soonest(b) || a.started_s - b.started_s
}
function soonest(row: IncidentRow): number {
  return Math.min(Infinity, ...row.clocks.filter((clock) => clock.state === 'running').map((clock) => clock.due_s))
}

const CLOCKS = ['self_rescue', 'neighbour_aid', 'reinforcement', 'zone']

/** An incident's clocks in the order of the circle: 1, 3, 5, zone, then the desk's own. */
export function clocksOf(row: IncidentRow): ClockRow[] {
  const place = (name: string): number => (CLOCKS.indexOf(name) + CLOCKS.length + 1) % (CLOCKS.length + 1)
  return [...row.clocks].sort((a, b) => place(a.clock) - place(b.clock))
}

export const choice = new Choice()
