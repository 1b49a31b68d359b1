// The base map's look, drawn from the city's own vector tiles: no outside server, labels from the machine's own fonts.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'

export interface Palette { ground: string; water: string; green: string; minor: string; major: string; edge: string; rail: string; label: string; halo: string }
export const PALETTES: Record<string, Palette> = {
  dark: { ground: '#0e141b', water: '#14283c', green: '#12231d', minor: '#243140', major: '#34475b', edge: '#0e141b', rail: '#3d3550', label: '#8fa3b5', halo: '#0b1016' },
  light: { ground: '#eef1f4', water: '#bcd6ea', green: '#d5e6d3', minor: '#ffffff', major: '#fbe3b5', edge: '#c3cdd6', rail: '#b7a9cf', label: '#3f5163', halo: '#ffffff' },
  contrast: { ground: '#000000', water: '#06304f', green: '#04280c', minor: '#5c5c5c', major: '#a8a8a8', edge: '#000000', rail: '#9b7ad6', label: '#ffffff', halo: '#000000' },
}

const MAJOR = ['motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'motorway_link', 'trunk_link', 'primary_link']
const PATHS = ['footway', 'path', 'steps', 'cycleway', 'track', 'bridleway', 'ferry']
const isIn = (names: string[]): ExpressionSpecification => ['in', ['get', 'class'], ['literal', names]]
const wide = (stops: [number, number][]): ExpressionSpecification => ['interpolate', ['exponential', 1.5], ['zoom'], ...stops.flat()] as unknown as ExpressionSpecification

export function baseStyle(origin: string, theme: string): StyleSpecification {
  const p = PALETTES[theme] ?? (PALETTES['dark'] as Palette)
  const layers: LayerSpecification[] = [
    { id: 'ground', type: 'background', paint: { 'background-color': p.ground } },
    { id: 'green', type: 'fill', source: 'base', 'source-layer': 'green', paint: { 'fill-color': p.green } },
    { id: 'water', type: 'fill', source: 'base', 'source-layer': 'water', paint: { 'fill-color': p.water } },
    { id: 'waterway', type: 'line', source: 'base', 'source-layer': 'waterway', paint: { 'line-color': p.water, 'line-width': wide([[10, 1], [16, 6]]) } },
    {
      id: 'paths', type: 'line', source: 'base', 'source-layer': 'roads', minzoom: 14, filter: isIn(PATHS),
      paint: { 'line-color': p.minor, 'line-width': 1, 'line-dasharray': [2, 2] },
    },
    {
      id: 'roads-minor', type: 'line', source: 'base', 'source-layer': 'roads', filter: ['all', ['!', isIn(MAJOR)], ['!', isIn(PATHS)]],
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': p.minor, 'line-width': wide([[12, 0.6], [14, 1.6], [17, 9]]) },
    },
    {
      id: 'roads-edge', type: 'line', source: 'base', 'source-layer': 'roads', filter: isIn(MAJOR),
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': p.edge, 'line-width': wide([[9, 1.4], [13, 5], [17, 18]]) },
    },
    {
      id: 'roads-major', type: 'line', source: 'base', 'source-layer': 'roads', filter: isIn(MAJOR),
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': p.major, 'line-width': wide([[9, 0.9], [13, 3.4], [17, 15]]) },
    },
    { id: 'rail', type: 'line', source: 'base', 'source-layer': 'rail', paint: { 'line-color': p.rail, 'line-width': wide([[10, 1], [16, 4]]), 'line-dasharray': [4, 2] } },
    {
      id: 'road-names', type: 'symbol', source: 'base', 'source-layer': 'roads', minzoom: 13,
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-size': 12, 'text-font': ['sans'], 'symbol-spacing': 350 },
      paint: { 'text-color': p.label, 'text-halo-color': p.halo, 'text-halo-width': 1.4 },
    },
    {
      id: 'place-names', type: 'symbol', source: 'base', 'source-layer': 'places',
      layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-font': ['sans'] }, paint: { 'text-color': p.label, 'text-halo-color': p.halo, 'text-halo-width': 1.6 },
    },
  ]
  return { version: 8, sources: { base: { type: 'vector', tiles: [`${origin}/tiles/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom: 16 } }, layers }
}
