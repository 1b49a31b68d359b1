// What this screen is looking at: the chosen incident, which panel is open, where the map should go. Nothing of it leaves the browser.
import { feed } from './feed.svelte'
import type { ClockRow, IncidentRow } from './types'

export type Panel = 'none' | 'call' | 'help' | 'muster' | 'find' | 'close'
export interface Point {
  lon: number
  lat: number
}

class Choice {
  incident_id = $state<string | null>(null)
  panel = $state<Panel>('none')
  /** Where the map should fly to; `stamp` makes the same place twice two wishes. */
  target = $state.raw<(Point & { stamp: number }) | null>(null)
  /** The place of the call being taken. */
  draft = $state.raw<Point | null>(null)
  /** Takes the next click on the map, where somebody waits for one. */
  onPick = $state.raw<((point: Point) => void) | null>(null)

  /** Incidents in the order in which they need somebody. */
  queue: IncidentRow[] = $derived([...feed.incidents.values()].sort(byUrgency))
  incident: IncidentRow | null = $derived(this.incident_id ? (feed.incidents.get(this.incident_id) ?? null) : null)

  choose(incident_id: string | null): void {
    this.incident_id = incident_id
    if (this.panel === 'close') this.panel = 'none'
    const row = incident_id ? feed.incidents.get(incident_id) : null
    if (row?.lon != null && row.lat != null) this.fly(row.lon, row.lat)
  }
  step(by: number): void {
    const at = this.queue.findIndex((row) => row.id === this.incident_id)
    const next = this.queue[at < 0 ? 0 : Math.min(Math.max(at + by, 0), this.queue.length - 1)]
    if (next) this.choose(next.id)
  }
  fly(lon: number, lat: number): void {
    this.target = { lon, lat, stamp: performance.now() }
  }
  toggle(panel: Panel): void {
    this.panel = this.panel === panel ? 'none' : panel
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
