// The live feed: snapshot, then what changed. Views read its rows; nothing here decides anything. While the past is shown (lib/replay), the live rows are kept aside
// and the views read those of the past.
import { SvelteMap } from 'svelte/reactivity'
import { Fleet, type Batch } from './fleet'
import { inbox } from './inbox.svelte'
import { session } from './session.svelte'
import { Table } from './table.svelte'
import type { CallRow, CoverageRow, DeskRow, IncidentRow, Message, PointRow, StationRow, UnitRow, VenueRow, ZoneRow } from './types'

interface Rows {
  get(key: string): unknown
  set(key: string, row: unknown): unknown
  delete(key: string): unknown
  keys(): Iterable<string>
  clear(): void
}
interface Frame {
  seq: number
  snapshot?: boolean
  set?: Record<string, unknown>
  del?: string[]
  slots?: Record<string, number>
  messages?: Message[]
  locked?: boolean
}
const RETRY_MS = [500, 1000, 2000, 4000, 8000]
const SILENT_MS = 25_000
const REFUSED = 1008

class Feed {
  incidents = new SvelteMap<string, IncidentRow>()
  calls = new SvelteMap<string, CallRow>()
  units = new Table<UnitRow>()
  venues = new Table<VenueRow>()
  stations = new SvelteMap<string, StationRow>()
  zones = new SvelteMap<string, ZoneRow>()
  points = new SvelteMap<string, PointRow>()
  desk = $state.raw<DeskRow | null>(null)
  coverage = $state.raw<CoverageRow | null>(null)
  live = $state(false)
  ready = $state(false)
  refused = $state(false)
  /** Whether this desk may see and not act. */
  locked = $state(false)
  /** Whether it was let in before it was refused: then a session ended. */
  ended = $state(false)
  /** How often it tried in vain since it last heard something. */
  tries = $state(0)
  seen_s = $state(0)
  /** Where every unit is. */
  fleet = new Fleet()
  /** The live incidents, whatever is shown: alarms and what is new are always about these. */
  alive = new SvelteMap<string, IncidentRow>()
  /** Whether the rows are of the past. */
  past = $state(false)
  private held: Map<string, unknown> | null = null
  private heard = this.fleet
  private readonly maps: Record<string, Rows> = {
    incident: this.incidents as Rows,
    call: this.calls as Rows,
    unit: this.units as Rows,
    venue: this.venues as Rows,
    station: this.stations as Rows,
    zone: this.zones as Rows,
    point: this.points as Rows,
  }
  private teams = new Map<string, string>()
  private movers = new Set<(batch: Batch) => void>()
  private socket: WebSocket | null = null
  private watchdog = 0

  /** Tell me whenever units moved; gives back how to stop. */
  onMove(mover: (batch: Batch) => void): () => void {
    this.movers.add(mover)
    return () => this.movers.delete(mover)
  }

  /** The venue that a team belongs to. */
  venueOfTeam(team_id: string): VenueRow | undefined {
    return this.venues.get(this.teams.get(team_id) ?? '')
  }

  /** The incident that a call belongs to, undefined where there is none yet. */
  incidentOfCall(call_id: string): IncidentRow | undefined {
    for (const row of this.incidents.values()) if (row.calls.some((line) => line.call_id === call_id)) return row
    return undefined
  }

  connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/feed`)
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.heard.forgetSlots()
      socket.send(JSON.stringify({ token: session.token, packed: true }))
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') this.take(JSON.parse(event.data) as Frame)
      else this.move(event.data)
      this.tries = 0
      clearTimeout(this.watchdog)
      this.watchdog = window.setTimeout(() => socket.close(), SILENT_MS)
    }
    socket.onclose = (event) => {
      if (this.socket !== socket) return
      this.live = false
      if (event.code === REFUSED) {
        this.ended = this.ready
        this.refused = true
      }
      else setTimeout(() => this.socket === socket && this.connect(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)])
    }
  }

  /** Forget everything that was shown: whoever signs out leaves nothing on the screen. */
  close(): void {
    const socket = this.socket
    this.socket = null
    clearTimeout(this.watchdog)
    socket?.close()
    this.live = this.ready = this.refused = this.locked = this.ended = false
    this.tries = 0
    this.desk = this.coverage = null
    this.held = null
    this.past = false
    this.fleet = this.heard
    this.fleet.clear()
    this.alive.clear()
    inbox.clear()
    for (const map of Object.values(this.maps)) map.clear()
  }

  private move(bytes: ArrayBuffer): void {
    this.live = true
    this.seen_s = Date.now() / 1000
    const batch = this.heard.take(bytes)
    if (!this.held) for (const mover of this.movers) mover(batch)
  }

  private take(message: Frame): void {
    this.live = true
    this.seen_s = Date.now() / 1000
    const set = message.set ?? {}
    this.keepAlive(set, message.snapshot ? [...this.alive.keys()].map((id) => `incident/${id}`).filter((key) => !(key in set)) : (message.del ?? []))
    if (this.held) {
      if (message.snapshot) this.held.clear()
      for (const [key, row] of Object.entries(set)) this.held.set(key, row)
      for (const key of message.del ?? []) this.held.delete(key)
    } else {
      if (message.snapshot) this.forgetAllBut(set)
      this.change(set, message.del ?? [])
    }
    if (message.slots) this.heard.meet(message.slots)
    if (message.locked !== undefined) this.locked = message.locked
    if (message.messages) inbox.take(message.messages)
    if (message.snapshot) this.ready = true
  }

  private keepAlive(set: Record<string, unknown>, gone: string[]): void {
    for (const [key, row] of Object.entries(set)) if (key.startsWith('incident/')) this.alive.set(key.slice(9), row as IncidentRow)
    for (const key of gone) if (key.startsWith('incident/')) this.alive.delete(key.slice(9))
  }

  /** Show rows of the past, all of them; the live ones are kept aside and go on changing there. */
  showPast(rows: Record<string, unknown>): void {
    this.held ??= new Map(this.all())
    this.past = true
    this.forgetAllBut(rows)
    this.change(rows, [])
    this.swapFleet(new Fleet()) // last: a crew's sign is put where its row says, and the live rows say where it is now
  }
  /** Show the live rows again. */
  showLive(): void {
    if (!this.held) return
    const rows = Object.fromEntries(this.held)
    this.held = null
    this.past = false
    this.forgetAllBut(rows)
    this.change(rows, [])
    this.swapFleet(this.heard)
  }
  /** Rows that changed, live or of the past. */
  change(set: Record<string, unknown>, gone: string[]): void {
    for (const [key, row] of Object.entries(set)) this.put(key, row)
    for (const key of gone) this.drop(key)
    this.units.settle()
    this.venues.settle()
  }
  /** Put crews where they were at a moment of the past. */
  place(units: [string, number, number][]): void {
    const fleet = this.fleet
    const batch = { unit: new Int32Array(units.length), lon: new Float64Array(units.length), lat: new Float64Array(units.length) }
    units.forEach(([id, lon, lat], k) => {
      const unit = fleet.number(id)
      batch.unit[k] = unit
      fleet.lon[unit] = batch.lon[k] = lon
      fleet.lat[unit] = batch.lat[k] = lat
    })
    for (const mover of this.movers) mover(batch)
  }
  private swapFleet(fleet: Fleet): void {
    this.fleet = fleet
    this.units.retell()
  }
  private *all(): Generator<[string, unknown]> {
    for (const [sort, map] of Object.entries(this.maps)) for (const key of map.keys()) yield [`${sort}/${key}`, map.get(key)]
    if (this.desk) yield ['desk/now', this.desk]
    if (this.coverage) yield ['coverage/now', this.coverage]
  }
  private forgetAllBut(rows: Record<string, unknown>): void {
    for (const [sort, map] of Object.entries(this.maps)) for (const key of [...map.keys()]) if (!(`${sort}/${key}` in rows)) map.delete(key)
    if (!('desk/now' in rows)) this.desk = null
    if (!('coverage/now' in rows)) this.coverage = null
  }

  private put(key: string, row: unknown): void {
    const slash = key.indexOf('/')
    const sort = key.slice(0, slash)
    if (sort === 'desk') this.desk = row as DeskRow
    else if (sort === 'coverage') this.coverage = row as CoverageRow
    else if (this.maps[sort]?.get(key.slice(slash + 1)) !== row) this.maps[sort]?.set(key.slice(slash + 1), row)
    if (sort === 'venue' && (row as VenueRow).team_id) this.teams.set((row as VenueRow).team_id ?? '', key.slice(slash + 1))
  }

  private drop(key: string): void {
    const slash = key.indexOf('/')
    this.maps[key.slice(0, slash)]?.delete(key.slice(slash + 1))
  }
}

export const feed = new Feed()
