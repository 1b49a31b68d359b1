// The map of the public page: fetched only when somebody asks for it. It shows streets and nothing of the service; a touch chooses a place.
import 'maplibre-gl/dist/maplibre-gl.css'
import '../styles/map.css'
import { Map as GlMap, Marker, NavigationControl, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { baseStyle } from '../screens/map/style'

setWorkerUrl(workerUrl)

export function show(room: HTMLElement, bounds: number[], help: string, take: (at: { lon: number; lat: number }) => void): void {
  const [west, south, east, north] = bounds as [number, number, number, number]
  const box = document.createElement('div')
  box.className = 'map'
  box.tabIndex = 0
  box.setAttribute('role', 'application')
  box.setAttribute('aria-label', help)
  const hint = document.createElement('p')
  hint.className = 'soft'
  hint.textContent = help
  room.replaceChildren(hint, box)
  const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  const language = document.documentElement.lang === 'en' ? 'en' : 'zh-CN'
  const map = new GlMap({
    container: box, style: baseStyle(theme, location.origin, language, true), bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 12 },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: 18.5, fadeDuration: 0, localIdeographFontFamily: getComputedStyle(document.body).fontFamily,
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
  const drop = document.createElement('span')
  drop.className = 'pin'
  drop.innerHTML = '<i></i>'
  const pin = new Marker({ element: drop, anchor: 'bottom' })
  const chosen = (lon: number, lat: number): void => {
    pin.setLngLat([lon, lat]).addTo(map)
    take({ lon, lat })
  }
  map.on('click', (event) => chosen(event.lngLat.lng, event.lngLat.lat))
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return
    event.preventDefault()
    const centre = map.getCenter()
    chosen(centre.lng, centre.lat)
  })
  map.once('idle', () => (box.dataset['ready'] = 'true'))
}
