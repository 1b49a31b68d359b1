// What lies over the base map: zones, the 1-3-5 circle, routes, venues with who stands there, stations, crews.
import type { ExpressionSpecification, Map as GlMap } from 'maplibre-gl'
import { drawn } from '../../lib/icons'
import { FONT, letters } from './style'

export interface Inks {
  ground: string; panel: string; text: string; soft: string; line: string; accent: string; free: string; busy: string; ok: string; warn: string; bad: string; calm: string; ring1: string; ring3: string; ring5: string
}
export const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
export const KINDS = ['foot', 'motorcycle', 'car', 'ptu', 'boat', 'metro', 'drone', 'e-bike']
export const LOOKS = ['free', 'busy', 'there', 'off'] as const

/** The design tokens as the map needs them. */
export function inks(): Inks {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string): string => style.getPropertyValue(name).trim()
  return {
    ground: of('--ground'), panel: of('--panel'), text: of('--text'), soft: of('--soft'), line: of('--line'), accent: of('--accent'), free: of('--free'), busy: of('--busy'), ok: of('--ok'), warn: of('--warn'), bad: of('--bad'), calm: of('--calm'),
    ring1: of('--ring-1'), ring3: of('--ring-3'), ring5: of('--ring-5'),
  }
}

export function addSigns(map: GlMap, ink: Inks): void {
  for (const [state, tone] of [['open', ink.calm], ['visited', ink.ok], ['left_out', ink.calm]] as const) map.addImage(`point-${state}`, drawn(state, ink.panel, tone, tone), { pixelRatio: 2 })
  map.addImage('station', drawn('station', ink.panel, ink.accent, ink.accent), { pixelRatio: 2 })
}

/** All signs of crews as one picture: a column a kind, a row a look. */
export function drawSigns(gl: WebGL2RenderingContext, ink: Inks): WebGLTexture {
  const side = 52
  const canvas = new OffscreenCanvas(side * KINDS.length, side * LOOKS.length)
  const pen = canvas.getContext('2d')
  const discs = { free: ink.free, busy: ink.busy, there: ink.ok, off: ink.calm }
  LOOKS.forEach((look, row) => KINDS.forEach((kind, column) => pen?.putImageData(drawn(kind, discs[look], ink.ground, ink.ground), column * side, row * side)))
  const texture = gl.createTexture()
  gl.activeTexture(gl.TEXTURE0)
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas)
  for (const [name, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]] as const) gl.texParameteri(gl.TEXTURE_2D, name, value)
  return texture
}

/** A colour of the tokens as the graphics card has it. */
export function rgb(hex: string): [number, number, number] {
  const number = parseInt(hex.slice(1), 16)
  return [(number >> 16) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255]
}

const ringInk = (ink: Inks): ExpressionSpecification => ['match', ['get', 'minutes'], 1, ink.ring1, 3, ink.ring3, ink.ring5]
const tierInk = (ink: Inks): ExpressionSpecification => ['match', ['get', 'ring'], 'self_rescue', ink.ring1, 'neighbour_aid', ink.ring3, ink.ring5]
const standing: ExpressionSpecification = ['coalesce', ['get', 'on_duty'], 0]

export function addSources(map: GlMap): void {
  map.addSource('zones', { type: 'geojson', data: EMPTY })
  map.addSource('circle', { type: 'geojson', data: EMPTY })
  map.addSource('spot', { type: 'geojson', data: EMPTY })
  map.addSource('sketch', { type: 'geojson', data: EMPTY })
  map.addSource('gaps', { type: 'geojson', data: EMPTY })
  map.addSource('stations', { type: 'geojson', data: EMPTY, promoteId: 'id' })
  map.addSource('points', { type: 'geojson', data: EMPTY, promoteId: 'id' })
  map.addSource('call-signs', { type: 'geojson', data: EMPTY, promoteId: 'id' })
  map.addSource('venues', {
    type: 'geojson', data: EMPTY, promoteId: 'id', cluster: true, clusterRadius: 60, clusterMaxZoom: 14,
    clusterProperties: { on_duty: ['+', standing], teams: ['+', ['case', ['>', standing, 0], 1, 0]] },
  })
}

export function addLayers(map: GlMap, ink: Inks): void {
  const text = { 'text-color': ink.text, 'text-halo-color': ink.panel, 'text-halo-width': 1.5 }
  map.addLayer({ id: 'zones', type: 'line', source: 'zones', paint: { 'line-color': ['match', ['get', 'zone_class'], 'core', ink.ring1, 'dense', ink.ring3, ink.calm], 'line-opacity': 0.45, 'line-width': 1.2, 'line-dasharray': [4, 3] } })
  map.addLayer({ id: 'gaps', type: 'circle', source: 'gaps', paint: { 'circle-color': ink.bad, 'circle-opacity': 0.14, 'circle-stroke-color': ink.bad, 'circle-stroke-width': 1, 'circle-stroke-opacity': 0.35, 'circle-radius': ['interpolate', ['exponential', 2], ['zoom'], 10, 2, 13, 5, 17, 12] } })
  addRings(map, ink, 'circle')
  addRings(map, ink, 'spot')
  map.addLayer({ id: 'route-under', type: 'line', source: 'circle', filter: ['==', ['get', 'what'], 'route'], layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': ink.ground, 'line-width': 6, 'line-opacity': 0.7 } })
  map.addLayer({ id: 'route', type: 'line', source: 'circle', filter: ['all', ['==', ['get', 'what'], 'route'], ['==', ['get', 'coming'], true]], layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': tierInk(ink), 'line-width': 3.5 } })
  map.addLayer({ id: 'route-may', type: 'line', source: 'circle', filter: ['all', ['==', ['get', 'what'], 'route'], ['!=', ['get', 'coming'], true]], layout: { 'line-join': 'round' }, paint: { 'line-color': tierInk(ink), 'line-width': 2, 'line-dasharray': [2, 2] } })
  addVenues(map, ink, text)
  map.addLayer({ id: 'stations', type: 'symbol', source: 'stations', layout: { 'icon-image': 'station', 'icon-allow-overlap': true, 'text-field': ['step', ['zoom'], '', 13, ['get', 'label']], 'text-font': FONT, 'text-size': letters(11), 'text-offset': [0, 1.3], 'text-anchor': 'top', 'text-optional': true }, paint: text })
  map.addLayer({ id: 'points', type: 'symbol', source: 'points', minzoom: 11, layout: { 'icon-image': ['concat', 'point-', ['get', 'state']], 'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.45, 14, 0.85], 'icon-allow-overlap': true, 'text-field': ['step', ['zoom'], '', 14, ['get', 'label']], 'text-font': FONT, 'text-size': letters(11), 'text-offset': [0, 1.2], 'text-anchor': 'top', 'text-optional': true }, paint: text })
  addSketch(map, ink, text)
  map.addLayer({ id: 'call-signs', type: 'symbol', source: 'call-signs', layout: { 'text-field': ['get', 'call_sign'], 'text-font': FONT, 'text-size': letters(11), 'text-offset': [0, 1.2], 'text-anchor': 'top' }, paint: text })
}

/** From where a place is reached in one, three and five minutes: streets, or the area around them with its border. */
function addRings(map: GlMap, ink: Inks, source: string): void {
  const area: ExpressionSpecification = ['in', ['geometry-type'], ['literal', ['Polygon', 'MultiPolygon']]]
  const ring: ExpressionSpecification = ['==', ['get', 'what'], 'ring']
  map.addLayer({ id: `${source}-area`, type: 'fill', source, filter: ['all', ring, area], paint: { 'fill-color': ringInk(ink), 'fill-opacity': 0.07 } })
  map.addLayer({
    id: `${source}-streets`, type: 'line', source, filter: ring, layout: { 'line-sort-key': ['-', ['get', 'minutes']], 'line-join': 'round' },
    paint: { 'line-color': ringInk(ink), 'line-opacity': ['case', area, 0.55, ['match', ['get', 'minutes'], 1, 0.9, 3, 0.6, 0.3]], 'line-width': ['interpolate', ['linear'], ['zoom'], 11, ['case', area, 1.2, 1], 14, ['case', area, 1.5, ['match', ['get', 'minutes'], 1, 4, 3, 3, 2]], 17, ['case', area, 2.5, 7]] },
  })
}

function addSketch(map: GlMap, ink: Inks, text: { 'text-color': string; 'text-halo-color': string; 'text-halo-width': number }): void {
  const corner: ExpressionSpecification = ['==', ['get', 'corner'], true]
  map.addLayer({ id: 'sketch-area', type: 'fill', source: 'sketch', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': ink.accent, 'fill-opacity': 0.12 } })
  map.addLayer({ id: 'sketch-way', type: 'line', source: 'sketch', filter: ['==', ['get', 'way'], true], layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': ink.accent, 'line-width': 4, 'line-opacity': 0.55 } })
  map.addLayer({ id: 'sketch-lines', type: 'line', source: 'sketch', filter: ['!=', ['get', 'way'], true], paint: { 'line-color': ink.accent, 'line-width': 2, 'line-dasharray': ['case', ['==', ['get', 'done'], true], ['literal', [1, 0]], ['literal', [2, 1.5]]] } })
  map.addLayer({ id: 'sketch-points', type: 'circle', source: 'sketch', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': ink.panel, 'circle-radius': ['case', corner, 4, 6], 'circle-stroke-color': ink.accent, 'circle-stroke-width': 2 } })
  map.addLayer({ id: 'sketch-names', type: 'symbol', source: 'sketch', filter: ['has', 'name'], layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': letters(12), 'text-offset': [0, 1], 'text-anchor': 'top' }, paint: text })
}

function addVenues(map: GlMap, ink: Inks, text: { 'text-color': string; 'text-halo-color': string; 'text-halo-width': number }): void {
  const clusters: ExpressionSpecification = ['has', 'point_count']
  const empty: ExpressionSpecification = ['==', ['get', 'on_duty'], 0]
  map.addLayer({
    id: 'venue-groups', type: 'circle', source: 'venues', filter: clusters,
    paint: { 'circle-color': ['case', empty, ink.calm, ink.ok], 'circle-opacity': 0.2, 'circle-stroke-color': ['case', empty, ink.calm, ink.ok], 'circle-stroke-width': 1, 'circle-stroke-opacity': 0.4, 'circle-radius': ['interpolate', ['linear'], ['get', 'on_duty'], 0, 7, 100, 12, 600, 18] },
  })
  map.addLayer({ id: 'venue-counts', type: 'symbol', source: 'venues', filter: clusters, layout: { 'text-field': ['to-string', ['get', 'on_duty']], 'text-font': FONT, 'text-size': letters(10.5), 'text-allow-overlap': true }, paint: { 'text-color': ink.soft } })
  map.addLayer({
    id: 'venues', type: 'circle', source: 'venues', filter: ['!', clusters],
    paint: { 'circle-color': ['case', ['>', standing, 0], ink.ok, ink.panel], 'circle-radius': ['interpolate', ['linear'], ['zoom'], 12, 2.5, 17, 7], 'circle-stroke-color': ['case', ['==', ['get', 'well'], false], ink.bad, ['>', standing, 0], ink.ground, ink.calm], 'circle-stroke-width': 1.3 },
  })
  map.addLayer({
    id: 'venue-names', type: 'symbol', source: 'venues', minzoom: 15, filter: ['!', clusters],
    layout: { 'text-field': ['concat', ['get', 'label'], ['case', ['>', standing, 0], ['concat', ' ', ['to-string', standing]], '']], 'text-font': FONT, 'text-size': letters(11), 'text-offset': [0, 0.9], 'text-anchor': 'top', 'text-optional': true }, paint: { ...text, 'text-color': ink.soft },
  })
}
