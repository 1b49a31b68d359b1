// The look of the base map: our own vector tiles, our own colours, no glyph server (letters are drawn by the browser).
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { Language, Theme } from '../../lib/session.svelte'

export const FONT = ['system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif']

interface Look {
  land: string; water: string; green: string; minor: string; major: string; motor: string; casing: string; rail: string; name: string; halo: string; place: string
}
const LOOKS: Record<Theme, Look> = {
  dark: { land: '#0f161d', water: '#12283a', green: '#13231d', minor: '#212c37', major: '#2f3d4a', motor: '#3d4c59', casing: '#0b1117', rail: '#33363f', name: '#8798a8', halo: '#0f161d', place: '#b4c2cf' },
  light: { land: '#f3f4f2', water: '#bcd7e8', green: '#dbe8d4', minor: '#ffffff', major: '#ffffff', motor: '#ffe9b8', casing: '#d3d8dc', rail: '#b9bec6', name: '#55636f', halo: '#f7f8f6', place: '#2b3945' },
  contrast: { land: '#000000', water: '#001d38', green: '#001a0b', minor: '#3c3c3c', major: '#6a6a6a', motor: '#8f8f8f', casing: '#000000', rail: '#555555', name: '#ffffff', halo: '#000000', place: '#ffffff' },
}
const MOTOR = ['motorway', 'motorway_link', 'trunk', 'trunk_link']
const MAJOR = ['primary', 'primary_link', 'secondary', 'secondary_link']
const MIDDLE = ['tertiary', 'tertiary_link']
const PATH = ['footway', 'path', 'steps', 'cycleway', 'pedestrian', 'track', 'bridleway']

const width = (far: number, near: number): ['interpolate', ['exponential', 1.6], ['zoom'], 10, number, 18, number] => ['interpolate', ['exponential', 1.6], ['zoom'], 10, far, 18, near]
const among = (list: string[]): ['in', ['get', 'class'], ['literal', string[]]] => ['in', ['get', 'class'], ['literal', list]]

function road(id: string, list: string[] | null, colour: string, far: number, near: number, dash = false): LayerSpecification {
  const known = [...MOTOR, ...MAJOR, ...MIDDLE, ...PATH]
  return {
    id, type: 'line', source: 'base', 'source-layer': 'roads', filter: list ? among(list) : ['!', among(known)],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': width(far, near), ...(dash ? { 'line-dasharray': [2, 1.5] } : {}) },
  }
}

/** A name in the reader's language, where the city has one in it. */
export const nameField = (language: Language): ExpressionSpecification => (language === 'en' ? ['coalesce', ['get', 'name_en'], ['get', 'name']] : ['get', 'name'])
/** Layers that carry names. */
export const NAMED = ['road-names', 'water-names', 'green-names', 'place-names']

/** Letters of a size that follows the reader's own. */
export const letters = (pixels: number): number => (pixels * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16

/** The base map's style in one theme and language; only its ground where no streets were imported. */
export function baseStyle(theme: Theme, origin: string, language: Language, streets: boolean): StyleSpecification {
  const look = LOOKS[theme]
  const land: LayerSpecification = { id: 'land', type: 'background', paint: { 'background-color': look.land } }
  if (!streets) return { version: 8, sources: {}, layers: [land] }
  const paint = { 'text-color': look.name, 'text-halo-color': look.halo, 'text-halo-width': 1.4 }
  const named = { 'text-field': nameField(language), 'text-font': FONT }
  const water = theme === 'light' ? '#3a6f92' : '#5f8fb0'
  return {
    version: 8,
    sources: { base: { type: 'vector', tiles: [`${origin}/tiles/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom: 16 } },
    layers: [
      land,
      { id: 'green', type: 'fill', source: 'base', 'source-layer': 'green', paint: { 'fill-color': look.green } },
      { id: 'water', type: 'fill', source: 'base', 'source-layer': 'water', paint: { 'fill-color': look.water } },
      { id: 'waterway', type: 'line', source: 'base', 'source-layer': 'waterway', paint: { 'line-color': look.water, 'line-width': width(0.6, 8) } },
      { id: 'rail', type: 'line', source: 'base', 'source-layer': 'rail', paint: { 'line-color': look.rail, 'line-width': width(0.6, 3), 'line-dasharray': [3, 2] } },
      road('path', PATH, look.minor, 0.2, 3, true),
      road('casing', [...MOTOR, ...MAJOR], look.casing, 1.6, 26),
      road('minor', null, look.minor, 0.35, 12),
      road('middle', MIDDLE, look.major, 0.7, 15),
      road('major', MAJOR, look.major, 1.1, 20),
      road('motor', MOTOR, look.motor, 1.4, 22),
      {
        id: 'road-names', type: 'symbol', source: 'base', 'source-layer': 'roads', minzoom: 12.5, filter: ['has', 'name'],
        layout: { ...named, 'symbol-placement': 'line', 'text-size': ['interpolate', ['linear'], ['zoom'], 12, letters(10), 17, letters(13)], 'symbol-spacing': 320 }, paint,
      },
      { id: 'water-names', type: 'symbol', source: 'base', 'source-layer': 'water', minzoom: 11, filter: ['has', 'name'], layout: { ...named, 'text-size': letters(12), 'text-letter-spacing': 0.2 }, paint: { ...paint, 'text-color': water } },
      { id: 'green-names', type: 'symbol', source: 'base', 'source-layer': 'green', minzoom: 12.5, filter: ['has', 'name'], layout: { ...named, 'text-size': letters(11) }, paint },
      {
        id: 'place-names', type: 'symbol', source: 'base', 'source-layer': 'places', filter: ['has', 'name'],
        layout: { ...named, 'text-size': ['interpolate', ['linear'], ['zoom'], 9, letters(11), 14, letters(15)], 'text-letter-spacing': 0.1 }, paint: { ...paint, 'text-color': look.place },
      },
    ],
  }
}
