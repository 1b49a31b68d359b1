// A call while it is being taken: saved from the first keystroke, one write after the other, every later word an amendment.
import { ApiProblem, call, newKey, send } from '../../lib/api'
import { feed } from '../../lib/feed.svelte'
import type { IncidentRow } from '../../lib/types'

const WAIT_MS = 250
const AGAIN_MS = 2000
/** Not now, but soon: too slow, too early, too many. */
const LATER = [408, 425, 429]

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
  language?: string
  silent?: boolean
}
/** What only the first write can say: how the call came, and when, where that was not now. */
interface First {
  channel: string
  occurred_at?: string
  /** The number printed on the paper form. */
  form?: string
}
export type Saving = 'empty' | 'saving' | 'saved' | 'waiting'

export class Draft {
  call_id = $state<string | null>(null)
  saving = $state<Saving>('empty')
  problem = $state<string | null>(null)
  /** Raised with every amendment that the service has. */
  version = $state(0)
  /** Photos and notes that came with it: how many the service has, of how many. */
  files = $state({ kept: 0, of: 0 })
  /** The incident that came of the call; none for the moments between the two, and after it went into another. */
  incident: IncidentRow | undefined = $derived(this.call_id ? feed.incidentOfCall(this.call_id) : undefined)
  private first: First = { channel: 'phone' }
  private unsaved: Said = {}
  private busy = false
  private timer = 0
  private told: ((call_id: string) => void)[] = []
  private sending: Promise<void> = Promise.resolve()

  /** It was written on paper while the service was away; nothing is kept before its time is known. */
  onPaper(paper: boolean): void {
    this.first = { channel: paper ? 'paper' : 'phone' }
    if (!paper) this.say({})
  }
  /** It was copied from a chat group. */
  fromChat(): void {
    if (!this.call_id && !this.busy) this.first = { channel: 'chat' }
  }
  /** Sends photos and notes after the call, one after the other; what is refused is shown and the call stays. */
  attach(files: File[]): void {
    this.files = { ...this.files, of: this.files.of + files.length }
    if (!this.call_id && !Object.keys(this.unsaved).length) this.say({ text: '' })
    this.kept((call_id) => {
      this.sending = this.sending.then(() => this.sendAll(call_id, files))
    })
  }
  /** When it happened. */
  happened(at: Date): void {
    this.first = { ...this.first, occurred_at: at.toISOString() }
    this.say({})
  }
  /** From which form it is typed. */
  numbered(form: string): void {
    const { form: _, ...first } = this.first
    this.first = form ? { ...first, form } : first
  }
  /** What was said or typed now; it is saved a quarter of a second later at the latest. */
  say(words: Said): void {
    this.unsaved = { ...this.unsaved, ...words }
    if (!Object.keys(this.unsaved).length || this.untimed) return
    this.saving = 'saving'
    if (!this.timer) this.timer = window.setTimeout(() => void this.save(), WAIT_MS)
  }
  /** Saves what is left, now, also of a paper call whose time nobody gave. */
  flush(): void {
    void this.save()
  }
  /** Tells the call's id as soon as the service has it. */
  kept(tell: (call_id: string) => void): void {
    if (this.call_id) tell(this.call_id)
    else this.told.push(tell)
  }

  private async sendAll(call_id: string, files: File[]): Promise<void> {
    for (const file of files) {
      try {
        await send(`/calls/${call_id}/attachments?name=${encodeURIComponent(file.name.slice(0, 200))}`, file)
        this.files = { ...this.files, kept: this.files.kept + 1 }
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error
        this.problem = error.message
      }
    }
  }
  private get untimed(): boolean {
    return this.first.channel === 'paper' && !this.first.occurred_at
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
        else {
          this.call_id = (await call<{ call_id: string }>('POST', '/calls', { ...this.first, ...words }, key)).call_id
          const call_id = this.call_id
          this.told.splice(0).forEach((tell) => tell(call_id))
        }
        this.problem = null
        this.version += 1
        return true
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error
        if (error.status !== 0 && error.status < 500 && !LATER.includes(error.status)) {
          this.problem = error.message
          return false
        }
        this.saving = 'waiting'
        await new Promise((wake) => setTimeout(wake, AGAIN_MS))
      }
    }
  }
}
