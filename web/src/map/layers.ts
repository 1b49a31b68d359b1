// The live layers over the base map, and how rows become features. Moving units are updated by difference, never reloaded whole.
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl'
import type { IncidentRow, StationRow, UnitRow, VenueRow, ZoneRow } from '../lib/types'
import { addIcons, unitState } from './icons'
import { PALETTES } from './style'

type Feature = GeoJSON.Feature<GeoJSON.Geometry, Record<string, unknown>>
const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features })
const point = (id: string, lon: number, lat: number, properties: Record<string, unknown>): Feature => ({
  type: 'Feature', id, geometry: { type: 'Point', coordinates: [lon, lat] }, properties: { ...properties, id },
})
const SOURCES = ['zones', 'rings', 'routes', 'gaps', 'stations', 'incidents'] as const
const ZONE_COLOUR = ['match', ['get', 'zone'], 'core', '#ff6b5e', 'dense', '#f0b13c', '#5aa2ff'] as unknown as string
const RING_COLOUR = ['match', ['get', 'minutes'], 1, '#ff6b5e', 3, '#f0b13c', '#5aa2ff'] as unknown as string

export function addLayers(map: MapLibre, theme: string): void {
  addIcons(map)
  const p = PALETTES[theme] ?? PALETTES['dark']
  const text = { 'text-color': p?.label ?? '#ccc', 'text-halo-color': p?.halo ?? '#000', 'text-halo-width': 1.4 }
  for (const name of SOURCES) map.addSource(name, { type: 'geojson', data: collection([]) })
  map.addSource('venues', { type: 'geojson', data: collection([]), cluster: true, clusterRadius: 46, clusterMaxZoom: 14, clusterProperties: { duty: ['+', ['get', 'duty']] } })
  map.addSource('units', { type: 'geojson', data: collection([]), promoteId: 'id' })
  map.addLayer({ id: 'zones', type: 'line', source: 'zones', paint: { 'line-color': ZONE_COLOUR, 'line-opacity': 0.5, 'line-width': 1.5, 'line-dasharray': [3, 2] } })
  map.addLayer({ id: 'rings', type: 'line', source: 'rings', layout: { 'line-cap': 'round' }, paint: { 'line-color': RING_COLOUR, 'line-width': 3, 'line-opacity': 0.55 } })
  map.addLayer({ id: 'routes', type: 'line', source: 'routes', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': '#7fd1ff', 'line-width': 4, 'line-opacity': 0.85 } })
  map.addLayer({ id: 'gaps', type: 'circle', source: 'gaps', paint: { 'circle-radius': 5, 'circle-color': '#ff6b5e', 'circle-opacity': 0.25 } })
  map.addLayer({
    id: 'venue-groups', type: 'circle', source: 'venues', filter: ['has', 'point_count'],
    paint: { 'circle-color': '#1f6f4d', 'circle-opacity': 0.55, 'circle-radius': ['step', ['get', 'point_count'], 10, 20, 14, 100, 19], 'circle-stroke-color': '#4cc38a', 'circle-stroke-width': 1 },
  })
  map.addLayer({ id: 'venue-counts', type: 'symbol', source: 'venues', filter: ['has', 'point_count'], layout: { 'text-field': ['to-string', ['get', 'duty']], 'text-size': 11, 'text-font': ['sans'] }, paint: { 'text-color': '#ffffff' } })
  map.addLayer({
    id: 'venues', type: 'circle', source: 'venues', filter: ['!', ['has', 'point_count']],
    paint: { 'circle-radius': 5, 'circle-color': ['case', ['>', ['get', 'duty'], 0], '#4cc38a', '#5b6d7e'], 'circle-stroke-width': 1.5, 'circle-stroke-color': p?.halo ?? '#000' },
  })
  map.addLayer({
    id: 'venue-names', type: 'symbol', source: 'venues', minzoom: 15.5, filter: ['!', ['has', 'point_count']],
    layout: { 'text-field': ['concat', ['get', 'name'], '  ', ['to-string', ['get', 'duty']]], 'text-size': 11, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-font': ['sans'], 'text-optional': true }, paint: text,
  })
  map.addLayer({ id: 'stations', type: 'symbol', source: 'stations', minzoom: 11, layout: { 'text-field': ['concat', '★ ', ['get', 'name']], 'text-size': 12, 'text-font': ['sans'] }, paint: { ...text, 'text-color': '#9cc4ff' } })
  map.addLayer({
    id: 'units', type: 'symbol', source: 'units',
    layout: { 'icon-image': ['concat', 'unit-', ['get', 'kind'], '-', ['get', 'state']], 'icon-allow-overlap': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.65, 15, 1] },
  })
  map.addLayer({ id: 'unit-names', type: 'symbol', source: 'units', minzoom: 14, layout: { 'text-field': ['get', 'name'], 'text-size': 11, 'text-offset': [0, 1.4], 'text-font': ['sans'], 'text-optional': true }, paint: text })
  map.addLayer({
    id: 'incident-halo', type: 'circle', source: 'incidents',
    paint: { 'circle-radius': ['case', ['get', 'chosen'], 30, 20], 'circle-color': ['match', ['get', 'priority'], 1, '#ff6b5e', 2, '#f0b13c', '#5aa2ff'], 'circle-opacity': ['case', ['get', 'chosen'], 0.35, 0.18] },
  })
  map.addLayer({ id: 'incidents', type: 'symbol', source: 'incidents', layout: { 'icon-image': ['concat', 'incident-', ['to-string', ['get', 'priority']]], 'icon-allow-overlap': true } })
}

function setData(map: MapLibre, name: string, features: Feature[]): void {
  ;(map.getSource(name) as GeoJSONSource | undefined)?.setData(collection(features))
}

export function showVenues(map: MapLibre, rows: Iterable<VenueRow>, english: boolean): void {
  setData(map, 'venues', [...rows].map((r) => point(r.id, r.lon, r.lat, { name: english && r.name_en ? r.name_en : r.name, duty: r.on_duty })))
}
export function showStations(map: MapLibre, rows: Iterable<StationRow>, english: boolean): void {
  setData(map, 'stations', [...rows].map((r) => point(r.id, r.lon, r.lat, { name: english && r.name_en ? r.name_en : r.name })))
}
export function showZones(map: MapLibre, rows: Iterable<ZoneRow>): void {
  setData(map, 'zones', [...rows].map((r) => ({ type: 'Feature', id: r.id, geometry: { type: 'Polygon', coordinates: [r.ring] }, properties: { zone: r.zone_class } })))
}
export function showIncidents(map: MapLibre, rows: Iterable<IncidentRow>, chosen: string | null): void {
  setData(map, 'incidents', [...rows].flatMap((r) => (r.lon === null || r.lat === null ? [] : [point(r.id, r.lon, r.lat, { priority: Math.min(4, Math.max(1, r.priority)), chosen: r.id === chosen })])))
}
export function unitFeature(row: UnitRow, lon: number, lat: number): Feature {
  return point(row.id, lon, lat, { name: row.call_sign, kind: row.kind, state: unitState(row.status) })
}
export function setUnits(map: MapLibre, features: Feature[]): void {
  setData(map, 'units', features)
}
export function moveUnits(map: MapLibre, moved: Feature[], known: Set<string>): void {
  const source = map.getSource('units') as GeoJSONSource | undefined
  const add = moved.filter((each) => !known.has(String(each.id)))
  const update = moved.filter((each) => known.has(String(each.id))).map((each) => ({
    id: String(each.id), newGeometry: each.geometry, addOrUpdateProperties: Object.entries(each.properties).map(([key, value]) => ({ key, value })),
  }))
  source?.updateData({ add, update })
  for (const each of add) known.add(String(each.id))
}
export function showReach(map: MapLibre, found: GeoJSON.FeatureCollection | null): void {
  const features = (found?.features ?? []) as Feature[]
  setData(map, 'rings', features.filter((each) => each.properties['what'] === 'ring'))
  setData(map, 'routes', features.filter((each) => each.properties['what'] === 'route'))
}
export function showGaps(map: MapLibre, gaps: [number, number][]): void {
  setData(map, 'gaps', gaps.map((at, k) => point(String(k), at[0], at[1], {})))
}
