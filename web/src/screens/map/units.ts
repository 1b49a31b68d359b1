// Crews on the map: rows come with the feed, positions once a second; between two positions those in view glide, all others jump, so that three thousand
// crews cost little more than those one looks at. Only what changed goes to the map, as a diff by id.
import type { GeoJSONSource, GeoJSONSourceDiff } from 'maplibre-gl'
import type { Position } from '../../lib/feed.svelte'
import type { UnitRow } from '../../lib/types'

const GLIDE_MS = 1000
const JUMP = 0.02
/** Where more than these are in view at once, all jump. */
const SMOOTH_MOST = 400
const FRAME_MS = 120
const STILL = 1e-7

interface Glide {
  from: [number, number]
  to: [number, number]
  since: number
}
type Feature = GeoJSON.Feature<GeoJSON.Point>
/** Whether a place is looked at, null while the view is so far off that a step is less than a pixel. */
export type InView = () => ((lon: number, lat: number) => boolean) | null

export type Look = 'free' | 'busy' | 'there' | 'off'
/** What a crew's sign looks like. */
export function lookOf(row: UnitRow): Look {
  if (!row.on_duty) return 'off'
  if (['arrived', 'reached', 'on_scene'].includes(row.status)) return 'there'
  return row.incident_id ? 'busy' : 'free'
}

export class Units {
  private shown = new Map<string, { key: string; at: [number, number]; heading: number | null }>()
  private glides = new Map<string, Glide>()
  private timer = 0

  constructor(
    private readonly source: GeoJSONSource,
    private readonly still: boolean,
    private readonly view: InView,
  ) {}

  /** The rows now: what is new is added, what is gone removed, what looks different is drawn anew. */
  rows(rows: ReadonlyMap<string, UnitRow>, positions: Record<string, Position>): void {
    const add: Feature[] = []
    const update: NonNullable<GeoJSONSourceDiff['update']> = []
    for (const row of rows.values()) {
      const fix = positions[row.id]
      const at: [number, number] | null = fix ? [fix[0], fix[1]] : row.lon !== null && row.lat !== null ? [row.lon, row.lat] : null
      if (!at) continue
      const key = `${row.kind}|${row.call_sign}|${lookOf(row)}`
      const before = this.shown.get(row.id)
      const look = { kind: row.kind, call_sign: row.call_sign, look: lookOf(row) }
      if (!before) {
        const heading = fix?.[3] ?? null
        this.shown.set(row.id, { key, at, heading })
        add.push({ type: 'Feature', id: row.id, geometry: { type: 'Point', coordinates: at }, properties: { id: row.id, ...look, ...(heading === null ? {} : { heading }) } })
      } else if (before.key !== key) {
        before.key = key
        update.push({ id: row.id, addOrUpdateProperties: Object.entries(look).map(([name, value]) => ({ key: name, value })) })
      }
    }
    const remove = [...this.shown.keys()].filter((id) => !rows.has(id))
    for (const id of remove) this.shown.delete(id)
    if (add.length || update.length || remove.length) this.source.updateData({ add, update, remove })
  }

  /** New positions: glide there, or jump where it is far, where there are very many, or where motion is unwanted. A crew seen for the first time appears. */
  move(positions: Record<string, Position>, rows: ReadonlyMap<string, UnitRow>): void {
    if (Object.keys(positions).some((id) => !this.shown.has(id) && rows.has(id))) this.rows(rows, positions)
    const since = performance.now()
    const seen = this.still ? null : this.view()
    const moved: [string, [number, number], [number, number]][] = []
    for (const [id, fix] of Object.entries(positions)) {
      const known = this.shown.get(id)
      const way = known ? Math.abs(fix[0] - known.at[0]) + Math.abs(fix[1] - known.at[1]) : 0
      if (!known || way < STILL) continue
      known.heading = fix[3] ?? known.heading
      const to: [number, number] = [fix[0], fix[1]]
      moved.push([id, seen && way < JUMP && (seen(to[0], to[1]) || seen(known.at[0], known.at[1])) ? [...known.at] : to, to])
    }
    const jump = moved.filter(([, from, to]) => from !== to).length > SMOOTH_MOST
    for (const [id, from, to] of moved) this.glides.set(id, { from: jump ? to : from, to, since })
    if (!this.timer && this.glides.size) this.frame()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = -1
  }

  private frame = (): void => {
    if (this.timer < 0) return
    this.timer = 0
    const now = performance.now()
    const update: NonNullable<GeoJSONSourceDiff['update']> = []
    for (const [id, glide] of this.glides) {
      const known = this.shown.get(id)
      const share = glide.from === glide.to ? 1 : Math.min(1, (now - glide.since) / GLIDE_MS)
      if (known) {
        known.at = [glide.from[0] + (glide.to[0] - glide.from[0]) * share, glide.from[1] + (glide.to[1] - glide.from[1]) * share]
        update.push({ id, newGeometry: { type: 'Point', coordinates: known.at }, ...(known.heading === null ? {} : { addOrUpdateProperties: [{ key: 'heading', value: known.heading }] }) })
      }
      if (share >= 1 || !known) this.glides.delete(id)
    }
    if (update.length && !document.hidden) this.source.updateData({ update })
    if (this.glides.size) this.timer = window.setTimeout(this.frame, FRAME_MS)
  }
}
