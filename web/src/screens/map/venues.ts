// Venues on the map: thousands that rarely change, so only what changed goes there, gathered for a moment.
import type { GeoJSONSource, GeoJSONSourceDiff } from 'maplibre-gl'
import { nameOf } from '../../lib/i18n.svelte'
import { stateOf } from '../../lib/points'
import type { PointRow, StationRow, VenueRow, ZoneRow } from '../../lib/types'

export class Venues {
  private shown = new Map<string, VenueRow>()

  constructor(private readonly source: GeoJSONSource) {}

  /** The rows now. A row that did not change is the same object, so comparing is cheap. */
  rows(rows: ReadonlyMap<string, VenueRow>): void {
    const add: GeoJSON.Feature[] = []
    const update: NonNullable<GeoJSONSourceDiff['update']> = []
    for (const row of rows.values()) {
      const before = this.shown.get(row.id)
      if (before === row) continue
      this.shown.set(row.id, row)
      const look = { label: nameOf(row), on_duty: row.on_duty, well: row.well ?? true }
      if (!before) add.push({ type: 'Feature', id: row.id, geometry: { type: 'Point', coordinates: [row.lon, row.lat] }, properties: { id: row.id, ...look } })
      else update.push({ id: row.id, newGeometry: { type: 'Point', coordinates: [row.lon, row.lat] }, addOrUpdateProperties: Object.entries(look).map(([key, value]) => ({ key, value })) })
    }
    const remove = [...this.shown.keys()].filter((id) => !rows.has(id))
    for (const id of remove) this.shown.delete(id)
    if (add.length || update.length || remove.length) this.source.updateData({ add, update, remove })
  }
}

export const stationFeatures = (rows: Iterable<StationRow>): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: [...rows].map((row) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [row.lon, row.lat] }, properties: { id: row.id, label: nameOf(row) } })),
})

/** Must-visit points with their state: open, passed or left out, each a sign of its own. */
export const pointFeatures = (rows: Iterable<PointRow>, now_s: number): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: [...rows].map((row) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [row.lon, row.lat] }, properties: { id: row.id, label: nameOf(row), state: stateOf(row, now_s) } })),
})

export const zoneFeatures = (rows: Iterable<ZoneRow>): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: [...rows].map((row) => ({ type: 'Feature', geometry: { type: 'LineString', coordinates: closed(row.ring) }, properties: { zone_class: row.zone_class } })),
})

export const gapFeatures = (gaps: [number, number][]): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: gaps.map((at) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: {} })),
})

function closed(ring: [number, number][]): [number, number][] {
  const [first, last] = [ring[0], ring.at(-1)]
  return first && last && (first[0] !== last[0] || first[1] !== last[1]) ? [...ring, first] : ring
}
