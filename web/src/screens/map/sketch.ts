// What is measured and drawn, as features of one source; and lengths and areas over the ground.
import type { Drawing, Shape } from './atlas.svelte'

const EARTH_M = 6_371_008.8
const METRES_PER_DEGREE = (EARTH_M * Math.PI) / 180
type Points = [number, number][]

/** Metres over the ground through some points in order (great circles). */
export function groundLength(points: Points): number {
  let sum = 0
  for (let k = 1; k < points.length; k++) {
    const [a, b] = [points[k - 1] as [number, number], points[k] as [number, number]]
    const [half_lat, half_lon] = [((b[1] - a[1]) * Math.PI) / 360, ((b[0] - a[0]) * Math.PI) / 360]
    const h = Math.sin(half_lat) ** 2 + Math.cos((a[1] * Math.PI) / 180) * Math.cos((b[1] * Math.PI) / 180) * Math.sin(half_lon) ** 2
    sum += 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)))
  }
  return sum
}

/** Square metres within some points, as a plane near them. */
export function groundArea(points: Points): number {
  const [lon, lat] = points[0] ?? [0, 0]
  const squeeze = Math.cos((lat * Math.PI) / 180)
  const flat = points.map(([x, y]): [number, number] => [(x - lon) * squeeze * METRES_PER_DEGREE, (y - lat) * METRES_PER_DEGREE])
  const twice = flat.reduce((sum, [x, y], k) => {
    const [nextX, nextY] = flat[(k + 1) % flat.length] as [number, number]
    return sum + x * nextY - nextX * y
  }, 0)
  return Math.abs(twice) / 2
}

const feature = (geometry: GeoJSON.Geometry, properties: Record<string, unknown>): GeoJSON.Feature => ({ type: 'Feature', geometry, properties })

function shapeOf(shape: Shape, points: Points): GeoJSON.Geometry {
  const first = points[0] as [number, number]
  if (shape === 'point' || points.length < 2) return { type: 'Point', coordinates: points.at(-1) ?? first }
  if (shape === 'line' || points.length < 3) return { type: 'LineString', coordinates: points }
  return { type: 'Polygon', coordinates: [[...points, first]] }
}

/** Everything there is to show: drawings with their names, what is under way with its corners, the way along the streets. */
export function sketchFeatures(drawings: Drawing[], points: Points, shape: Shape, way: GeoJSON.LineString | null): GeoJSON.FeatureCollection {
  const features = drawings.map((each) => feature(shapeOf(each.shape, each.points), { name: each.name, done: true }))
  if (way) features.push(feature(way, { way: true }))
  if (points.length) features.push(feature(shapeOf(shape, points), {}))
  for (const corner of points) features.push(feature({ type: 'Point', coordinates: corner }, { corner: true }))
  return { type: 'FeatureCollection', features }
}
