// How the map begins: its view, its layers, what it does under a pointer. The view outlives the map, so that a new theme does not lose the place.
import { Map as GlMap, NavigationControl, Popup, ScaleControl, setWorkerUrl, type LngLatLike, type MapMouseEvent } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { choice } from '../../lib/choice.svelte'
import { feed } from '../../lib/feed.svelte'
import { code, nameOf, t, words } from '../../lib/i18n.svelte'
import { session } from '../../lib/session.svelte'
import type { UnitRow } from '../../lib/types'
import { atlas } from './atlas.svelte'
import { addLayers, addSigns, addSources, inks } from './layers'
import { baseStyle } from './style'
import { CoverageLayer } from './coverage'
import { Crews, lookOf } from './crews'

export type Box = [[number, number], [number, number]]
const TOUCH_PX = 14
setWorkerUrl(workerUrl)
let kept: { center: LngLatLike; zoom: number } | null = null

/** A map in an element, null where this browser cannot draw one: everything else works without it. `ready` is told when its layers are there. */
export function begin(container: HTMLElement, whole: Box | null, still: boolean, ready: (map: GlMap, crews: Crews, cover: CoverageLayer) => void): GlMap | null {
  const view = kept ?? (whole ? { bounds: whole, fitBoundsOptions: { padding: 24 } } : { center: [0, 0] as LngLatLike, zoom: 1 })
  try {
    const map = new GlMap({
      container, style: baseStyle(session.theme, location.origin, session.language, words.catalogue?.bbox != null), ...view, attributionControl: false, dragRotate: false, pitchWithRotate: false,
      maxZoom: 18.5, maxPitch: 0, fadeDuration: 0, localIdeographFontFamily: getComputedStyle(document.body).fontFamily,
    })
    map.touchZoomRotate.disableRotation()
    map.keyboard.disableRotation()
    map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
    map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-right')
    map.on('moveend', () => (kept = { center: map.getCenter(), zoom: map.getZoom() }))
    map.once('style.load', () => {
      const ink = inks()
      addSigns(map, ink)
      addSources(map)
      addLayers(map, ink)
      const [layer, cover] = [new Crews(ink, still), new CoverageLayer(ink)]
      map.addLayer(cover, 'circle-area')
      map.addLayer(layer, 'sketch-area')
      listen(map, layer)
      ready(map, layer, cover)
    })
    return map
  } catch {
    return null
  }
}

function listen(map: GlMap, crews: Crews): void {
  map.on('click', (event) => {
    const at = { lon: event.lngLat.lng, lat: event.lngLat.lat }
    if (choice.onPick) return choice.onPick(at)
    const venue = map.queryRenderedFeatures(event.point, { layers: ['venues'] })[0]
    const row = venue && feed.venues.get(String(venue.properties['id']))
    if (atlas.touch(row ?? at, row ? nameOf(row) : '')) return
    const unit = crews.nearest(at.lon, at.lat, TOUCH_PX)
    if (unit?.incident_id) choice.choose(unit.incident_id)
    else if (row && !unit) atlas.look({ lon: row.lon, lat: row.lat, name: nameOf(row) })
  })
  map.on('click', 'venue-groups', (event) => {
    if (!choice.onPick && (atlas.tool === 'none' || atlas.tool === 'layers')) map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 1.6 })
  })
  const hint = new Popup({ closeButton: false, closeOnClick: false, offset: 14, className: 'hint', maxWidth: '20rem' })
  for (const layer of ['venues', 'stations']) {
    map.on('mouseenter', layer, (event) => {
      const found = event.features?.[0]
      if (!found || found.geometry.type !== 'Point') return
      map.getCanvas().style.cursor = 'pointer'
      hint.setLngLat(found.geometry.coordinates as [number, number]).setText(textOf(layer, String(found.properties['id']))).addTo(map)
    })
    map.on('mouseleave', layer, () => {
      map.getCanvas().style.cursor = ''
      hint.remove()
    })
  }
  let over: string | null = null
  map.on('mousemove', (event: MapMouseEvent) => {
    const unit = crews.nearest(event.lngLat.lng, event.lngLat.lat, TOUCH_PX)
    if (unit) hint.setLngLat(event.lngLat).setText(crewText(unit)).addTo(map)
    else if (over) hint.remove()
    if (!!unit !== !!over) map.getCanvas().style.cursor = unit ? 'pointer' : ''
    over = unit?.id ?? null
  })
}

function crewText(unit: UnitRow): string {
  const look = lookOf(unit)
  return [unit.call_sign, code('reason', unit.kind), look === 'off' ? t('map.off') : code('map', look)].filter(Boolean).join(' · ')
}

function textOf(layer: string, id: string): string {
  if (layer === 'stations') return nameOf(feed.stations.get(id) ?? { name: '', name_en: null })
  const venue = feed.venues.get(id)
  return venue ? t('map.venue', { name: nameOf(venue), n: venue.on_duty }) : ''
}
