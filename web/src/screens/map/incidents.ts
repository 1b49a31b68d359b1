// Incidents on the map: a button each, named for screen readers, pulsing while a promise still runs. By keyboard they are reached in the queue, so that
// sixty marks are not sixty stops of Tab.
import { Marker, type Map as GlMap } from 'maplibre-gl'
import { choice } from '../../lib/choice.svelte'
import { t, typeName } from '../../lib/i18n.svelte'
import { placeName } from '../../lib/names'
import type { IncidentRow } from '../../lib/types'
import { atlas } from './atlas.svelte'

const MOST = 150
/** Where more are on a far view, their names would lie over each other. */
const NAMED_MOST = 12
const FAR = 13
const ROUND = 2 * Math.PI * 17

export class IncidentMarks {
  private marks = new Map<string, { mark: Marker; element: HTMLElement }>()

  constructor(private readonly map: GlMap) {}

  /** The most urgent incidents now; `at_s` empties their rings. */
  show(rows: IncidentRow[], chosen: string | null, at_s: number): void {
    this.map.getContainer().classList.toggle('crowded', rows.length > NAMED_MOST && this.map.getZoom() < FAR)
    const seen = new Set<string>()
    for (const row of rows.slice(0, MOST)) {
      if (row.lon === null || row.lat === null) continue
      seen.add(row.id)
      const known = this.marks.get(row.id) ?? this.make(row)
      known.mark.setLngLat([row.lon, row.lat])
      this.dress(known.element, row, chosen === row.id, at_s)
    }
    for (const [id, known] of this.marks) {
      if (seen.has(id)) continue
      known.mark.remove()
      this.marks.delete(id)
    }
  }

  private make(row: IncidentRow): { mark: Marker; element: HTMLElement } {
    const element = document.createElement('button')
    element.type = 'button'
    element.tabIndex = -1
    element.innerHTML =
      '<svg viewBox="0 0 40 40" width="40" height="40" aria-hidden="true"><circle class="disc" cx="20" cy="20" r="13"/><circle class="back" cx="20" cy="20" r="17"/><circle class="arc" cx="20" cy="20" r="17" transform="rotate(-90 20 20)"/><text x="20" y="25.5" text-anchor="middle"></text></svg><span class="label" aria-hidden="true"></span><span class="hidden"></span>'
    element.addEventListener('click', (event) => {
      event.stopPropagation()
      const at = known.mark.getLngLat()
      const point = { lon: at.lng, lat: at.lat }
      if (choice.onPick) choice.onPick(point)
      else if (!atlas.touch(point, typeName(row.type))) choice.choose(row.id)
    })
    const known = { mark: new Marker({ element, subpixelPositioning: true }).setLngLat([row.lon ?? 0, row.lat ?? 0]).addTo(this.map), element }
    this.marks.set(row.id, known)
    return known
  }

  private dress(element: HTMLElement, row: IncidentRow, chosen: boolean, at_s: number): void {
    const running = row.clocks.filter((clock) => clock.state === 'running').sort((a, b) => a.due_s - b.due_s)[0]
    const share = running ? Math.max(0, Math.min(1, (running.due_s - at_s) / (running.target_s || 1))) : 0
    const there = row.counts.arrived > 0
    const classes = `mark maplibregl-marker p${row.priority}${chosen ? ' chosen' : ''}${running && !there ? ' pulse' : ''}${running && running.due_s < at_s ? ' late' : ''}${there ? ' there' : ''}`
    if (element.dataset['look'] !== classes) element.className = element.dataset['look'] = classes
    element.querySelector('.arc')?.setAttribute('stroke-dasharray', share > 0 ? `${ROUND * share} ${ROUND}` : `0 ${ROUND}`)
    element.classList.toggle('still', share <= 0)
    const text = element.querySelector('text')
    if (text) text.textContent = there ? '✓' : String(row.priority)
    const label = element.querySelector('.label')
    if (label && label.textContent !== typeName(row.type)) label.textContent = typeName(row.type)
    const name = element.querySelector('.hidden')
    const words = `${t('incident.priority', { n: row.priority })}, ${typeName(row.type)}, ${placeName(row)}`
    if (name && name.textContent !== words) name.textContent = words
  }
}
