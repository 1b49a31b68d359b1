// A call while it is being taken: saved from the first keystroke, one write after the other, every later word an amendment.
import { ApiProblem, call, newKey } from '../../lib/api'
import { feed } from '../../lib/feed.svelte'
import type { IncidentRow } from '../../lib/types'

const WAIT_MS = 250
const AGAIN_MS = 2000

interface Place {
  points: [number, number][]
  source: string
  address?: string
}
export interface Said {
  text?: string
  type_code?: string
  venue_id?: string
  place?: Place
  caller_phone?: string
  caller_name?: string
  silent?: boolean
}
export type Saving = 'empty' | 'saving' | 'saved' | 'waiting'

export class Draft {
  call_id = $state<string | null>(null)
  saving = $state<Saving>('empty')
  problem = $state<string | null>(null)
  incident: IncidentRow | undefined = $derived(
    this.call_id ? [...feed.incidents.values()].find((row) => row.calls.some((line) => line.call_id === this.call_id)) : undefined,
  )
  private unsaved: Said = {}
  private busy = false
  private timer = 0

  /** What was said or typed now; it is saved a quarter of a second later at the latest. */
  say(words: Said): void {
    this.unsaved = { ...this.unsaved, ...words }
    this.saving = 'saving'
    if (!this.timer) this.timer = window.setTimeout(() => void this.save(), WAIT_MS)
  }
  /** Saves what is left, now. */
  flush(): void {
    void this.save()
  }

  private async save(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = 0
    if (this.busy || !Object.keys(this.unsaved).length) return
    this.busy = true
    const words = this.unsaved
    this.unsaved = {}
    const worked = await this.write(words, newKey())
    this.busy = false
    if (Object.keys(this.unsaved).length) return this.save()
    if (worked) this.saving = 'saved'
  }

  /** Until the service has it: the same key makes a repeated write the same write. A refusal is final and shown. */
  private async write(words: Said, key: string): Promise<boolean> {
    for (;;) {
      try {
        if (this.call_id) await call('PATCH', `/calls/${this.call_id}`, words, key)
        else this.call_id = (await call<{ call_id: string }>('POST', '/calls', { channel: 'phone', ...words }, key)).call_id
        this.problem = null
        return true
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error
        if (error.status !== 0 && error.status < 500) {
          this.problem = error.message
          return false
        }
        this.saving = 'waiting'
        await new Promise((wake) => setTimeout(wake, AGAIN_MS))
      }
    }
  }
}
