// Streets and places by their English names, for readers of English: asked of the service once each, shown when the answer is there.
import { SvelteMap } from 'svelte/reactivity'
import { get } from './api'
import { session } from './session.svelte'
import type { PlaceHit } from './types'

const MOST = 500
const CHINESE = /[\u3400-\u9fff]/

class Streets {
  private english = new SvelteMap<string, string>()
  private asked = new Set<string>()

  /** A place's words; in English by the English name where the city has one, as soon as that is known. */
  named(text: string): string {
    if (session.language !== 'en' || !CHINESE.test(text)) return text
    const known = this.english.get(text)
    if (known === undefined) this.ask(text)
    return known ?? text
  }

  private ask(text: string): void {
    if (this.asked.has(text) || this.asked.size >= MOST) return
    this.asked.add(text)
    get<{ places: PlaceHit[] }>(`/search?q=${encodeURIComponent(text.slice(0, 64))}`).then(
      ({ places }) => {
        const same = places.find((each) => each.name === text)
        if (same?.name_en) this.english.set(text, same.name_en)
      },
      () => this.asked.delete(text),
    )
  }
}
export const streets = new Streets()
