// Call signs under the crews one looks at from near: a few hundred at most, moved with each batch; from afar and in a crowd there are none.
import type { GeoJSONSource, GeoJSONSourceDiff, Map as GlMap } from 'maplibre-gl'
import { feed } from '../../lib/feed.svelte'

const FROM_ZOOM = 13.5
const MOST = 250

export class CallSigns {
  private shown = new Map<string, string>()
  private timer = 0

  constructor(
    private readonly map: GlMap,
    private readonly source: GeoJSONSource,
    private readonly hidden: (kind: string) => boolean,
  ) {}

  /** Bring them up to date at once, or together with what moves within so many milliseconds. */
  soon(apart_ms: number): void {
    if (!apart_ms) return this.show()
    this.timer ||= window.setTimeout(() => {
      this.timer = 0
      this.show()
    }, apart_ms)
  }
  stop(): void {
    clearTimeout(this.timer)
  }

  /** Bring them up to date with where everybody is now. */
  show = (): void => {
    const seen = this.inView()
    const diff: Required<Pick<GeoJSONSourceDiff, 'add' | 'update' | 'remove'>> = { add: [], update: [], remove: [] }
    for (const [id, { call_sign, at }] of seen) {
      const key = `${call_sign}|${at.join()}`
      const before = this.shown.get(id)
      if (before === key) continue
      if (before === undefined) diff.add.push({ type: 'Feature', id, geometry: { type: 'Point', coordinates: at }, properties: { id, call_sign } })
      else diff.update.push({ id, newGeometry: { type: 'Point', coordinates: at }, addOrUpdateProperties: [{ key: 'call_sign', value: call_sign }] })
      this.shown.set(id, key)
    }
    for (const id of this.shown.keys()) if (!seen.has(id)) diff.remove.push(id)
    for (const id of diff.remove) this.shown.delete(String(id))
    if (diff.add.length || diff.update.length || diff.remove.length) void this.source.updateData(diff)
  }

  private inView(): Map<string, { call_sign: string; at: [number, number] }> {
    const found = new Map<string, { call_sign: string; at: [number, number] }>()
    if (this.map.getZoom() < FROM_ZOOM) return found
    const [[west, south], [east, north]] = this.map.getBounds().toArray()
    const { ids, lon, lat } = feed.fleet
    for (let unit = 0; unit < ids.length; unit++) {
      const at: [number, number] = [lon[unit] ?? NaN, lat[unit] ?? NaN]
      if (!(at[0] > west && at[0] < east && at[1] > south && at[1] < north)) continue
      const row = feed.units.peek.get(ids[unit] ?? '')
      if (!row || this.hidden(row.kind)) continue
      if (found.size >= MOST) return new Map()
      found.set(row.id, { call_sign: row.call_sign, at })
    }
    return found
  }
}
