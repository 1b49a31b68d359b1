// What the public page can do more where the browser has scripts. The service renders the page whole; without this file everything still works.
import '../styles/tokens.css?public'
import './report.css'
import { button } from './button'
import { photos } from './photos'
import { recorder } from './recorder'

const form = document.querySelector<HTMLFormElement>('form#report')
if (form) begin(form)

function begin(form: HTMLFormElement): void {
  const word = (key: string): string => form.dataset[key] ?? ''
  const status = form.querySelector<HTMLElement>('#status')
  const say = (text: string): void => {
    if (status) status.textContent = text
  }
  const busy = photos(form, word, say)
  recorder(form, word, say)
  place(form, word, say)
  let sent = false
  form.addEventListener('submit', (event) => {
    if (sent) return event.preventDefault()
    const waits = busy()
    if (waits) {
      event.preventDefault()
      void waits.then(() => form.requestSubmit())
      return
    }
    sent = true
    say(word('sending'))
  })
  // Back from the receipt: the same form may be sent again, and is the same report.
  addEventListener('pageshow', () => (sent = false))
}

/** A button for the phone's own place, one for the map, and what was chosen. */
function place(form: HTMLFormElement, word: (key: string) => string, say: (text: string) => void): void {
  const room = form.querySelector<HTMLElement>('#place')
  const lon = form.querySelector<HTMLInputElement>('#lon')
  const lat = form.querySelector<HTMLInputElement>('#lat')
  if (!room || !lon || !lat) return
  const chosen = document.createElement('p')
  chosen.className = 'place'
  chosen.setAttribute('role', 'status')
  const row = document.createElement('p')
  row.className = 'row'
  const box = document.createElement('div')
  room.append(row, box, chosen)
  const take = (found: { lon: number; lat: number } | null): void => {
    lon.value = found ? found.lon.toFixed(6) : ''
    lat.value = found ? found.lat.toFixed(6) : ''
    chosen.replaceChildren()
    if (!found) return
    chosen.append(`${word('picked')} ${lat.value}, ${lon.value} `, button(word('clear'), () => take(null)))
  }
  if (lon.value && lat.value) take({ lon: Number(lon.value), lat: Number(lat.value) })
  if ('geolocation' in navigator && isSecureContext) {
    row.append(button(word('here'), () => {
      const wrong = (): void => say(word('noHere'))
      navigator.geolocation.getCurrentPosition((at) => take({ lon: at.coords.longitude, lat: at.coords.latitude }), wrong, { enableHighAccuracy: true, timeout: 15_000 })
    }))
  }
  const bounds = form.dataset['bbox']?.split(',').map(Number)
  if (bounds?.length !== 4) return
  const open = button(word('pickMap'), () => {
    if (box.childElementCount) return box.replaceChildren()
    import('./map').then((map) => map.show(box, bounds, word('mapHelp'), take)).catch(() => say(word('noMap')))
  })
  row.append(open)
}
