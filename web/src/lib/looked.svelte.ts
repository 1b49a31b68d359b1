// What of an incident this desk has looked at: what came since is counted in the queue and marked in the timeline. It is this window's own and goes with it.
import { SvelteMap } from 'svelte/reactivity'
import type { IncidentRow, LogLine } from './types'

/** Touches of the machine that nobody reads as news. */
export const QUIET = ['TimerSet', 'TimerFired', 'TimerCancelled', 'UnitsChosen', 'AlertDelivered', 'AlertSeen']
const LATER_MS = 8000

class Looked {
  /** Incident → the last line that was on the screen when somebody looked away from it. */
  private seen = new SvelteMap<string, number>()
  private timer = 0

  private last(row: IncidentRow): number {
    return row.log.reduce((seq, line) => Math.max(seq, line.seq), 0)
  }
  /** Lines that came since this desk looked; none for an incident that it never looked at. */
  since(row: IncidentRow): LogLine[] {
    const seen = this.seen.get(row.id)
    return seen === undefined ? [] : row.log.filter((line) => line.seq > seen && !QUIET.includes(line.kind))
  }
  /** The incident is on the screen: what is new stays marked for some seconds, then it counts as read. Gives back how to look away, also from one that is gone. */
  at(read: () => IncidentRow | null): () => void {
    let row = read()
    if (!row) return () => undefined
    const { id } = row
    const keep = (): void => {
      row = read() ?? row
      if (row) this.seen.set(id, this.last(row))
    }
    if (!this.seen.has(id)) keep()
    this.timer = window.setInterval(keep, LATER_MS)
    return () => {
      clearInterval(this.timer)
      keep()
    }
  }
  forget(): void {
    this.seen.clear()
  }
}
export const looked = new Looked()
