// What a desk holds ready for the moment when the service is gone, beside the rows of the feed: numbers of blank forms, and the hand-over sheet as it stood last.
import { ApiProblem, get } from '../../lib/api'
import { feed } from '../../lib/feed.svelte'
import { session } from '../../lib/session.svelte'
import { stock } from './stock.svelte'

const FIRST_MS = 8000
const AGAIN_MS = 60_000

export interface SeatSheet {
  seat: string; incidents: string[]; reports: string[]; promises: [string, string, string, number][]; units_out: string[]; calls: string[]; callbacks: string[]; faults: string[]
  offered: { from_person: string; to_person: string; offered_s: number; faults: string[] } | null
}

class Held {
  seat = $state.raw<{ sheet: SeatSheet; at_s: number } | null>(null)

  /** Holds things ready from now on; gives back how to stop. Nothing of it is shown, so a refusal is no news: it is tried again. */
  start(): () => void {
    const again = (): void => void this.look()
    const first = window.setTimeout(again, FIRST_MS)
    const timer = window.setInterval(again, AGAIN_MS)
    return () => {
      clearTimeout(first)
      clearInterval(timer)
      this.seat = null
    }
  }
  async look(): Promise<void> {
    if (!feed.live) return
    try {
      this.seat = { sheet: await get<SeatSheet>(`/desk/sheet?seat=${encodeURIComponent(session.seat)}`), at_s: Date.now() / 1000 }
      if (!feed.locked) await stock.fill()
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
    }
  }
}
export const held = new Held()
