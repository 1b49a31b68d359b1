// The live feed: snapshot, then what changed. Views read its rows; nothing here decides anything.
import { SvelteMap } from 'svelte/reactivity'
import { Fleet, type Batch } from './fleet'
import { inbox } from './inbox.svelte'
import { session } from './session.svelte'
import { Table } from './table.svelte'
import type { CallRow, CoverageRow, DeskRow, IncidentRow, Message, StationRow, UnitRow, VenueRow, ZoneRow } from './types'

interface Rows {
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
  private readonly maps: Record<string, Rows> = {
    incident: this.incidents as Rows,
    call: this.calls as Rows,
    unit: this.units as Rows,
    venue: this.venues as Rows,
    station: this.stations as Rows,
    zone: this.zones as Rows,
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
      this.fleet.forgetSlots()
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
    this.fleet.clear()
    inbox.clear()
    for (const map of Object.values(this.maps)) map.clear()
  }

  private move(bytes: ArrayBuffer): void {
    this.live = true
    this.seen_s = Date.now() / 1000
    const batch = this.fleet.take(bytes)
    for (const mover of this.movers) mover(batch)
  }

  private take(message: Frame): void {
    this.live = true
    this.seen_s = Date.now() / 1000
    const set = message.set ?? {}
    if (message.snapshot) {
      for (const [sort, map] of Object.entries(this.maps)) for (const key of [...map.keys()]) if (!(`${sort}/${key}` in set)) map.delete(key)
    }
    for (const [key, row] of Object.entries(set)) this.put(key, row)
    for (const key of message.del ?? []) this.drop(key)
    this.units.settle()
    this.venues.settle()
    if (message.slots) this.fleet.meet(message.slots)
    if (message.locked !== undefined) this.locked = message.locked
    if (message.messages) inbox.take(message.messages)
    if (message.snapshot) this.ready = true
  }

  private put(key: string, row: unknown): void {
    const slash = key.indexOf('/')
    const sort = key.slice(0, slash)
    if (sort === 'desk') this.desk = row as DeskRow
    else if (sort === 'coverage') this.coverage = row as CoverageRow
    else this.maps[sort]?.set(key.slice(slash + 1), row)
    if (sort === 'venue' && (row as VenueRow).team_id) this.teams.set((row as VenueRow).team_id ?? '', key.slice(slash + 1))
  }

  private drop(key: string): void {
    const slash = key.indexOf('/')
    this.maps[key.slice(0, slash)]?.delete(key.slice(slash + 1))
  }
}

export const feed = new Feed()
