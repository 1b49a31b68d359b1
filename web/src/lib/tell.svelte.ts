// What the page says: one toast at a time, and a spoken line for screen readers that does not chatter.
import { ApiProblem } from './api'
import { t } from './i18n.svelte'

const TOAST_MS = 6000
const UNDO_MS = 10_000
const SPEAK_EVERY_MS = 3000

/** A way back that a toast offers. */
export interface Back {
  label: string
  act: () => void
}

class Tell {
  toast = $state.raw<{ text: string; bad: boolean; back?: Back } | null>(null)
  spoken = $state('')
  private timer = 0
  private waiting: string[] = []
  private speaking = false

  /** What was done, and for some seconds a way to undo it. */
  say(text: string, back?: Back): void {
    this.show(text, false, back)
  }
  /** Something did not work, and there is another way: offered for some seconds. */
  offer(text: string, back: Back): void {
    this.show(text, true, back)
  }
  /** Shows why something did not work; what to do stands in the service's own sentence. */
  problem(error: unknown): void {
    if (error instanceof ApiProblem) this.show(error.status === 0 ? t('toast.offline') : error.message, true)
    else throw error
  }
  speak(text: string): void {
    this.waiting = [...this.waiting.slice(-2), text]
    if (!this.speaking) this.next()
  }
  dismiss(): void {
    this.toast = null
  }
  private next(): void {
    const text = this.waiting.shift()
    this.speaking = text !== undefined
    if (text === undefined) return
    this.spoken = text
    setTimeout(() => this.next(), SPEAK_EVERY_MS)
  }
  private show(text: string, bad: boolean, back?: Back): void {
    clearTimeout(this.timer)
    this.toast = { text, bad, ...(back ? { back } : {}) }
    this.timer = window.setTimeout(() => (this.toast = null), back ? UNDO_MS : TOAST_MS)
  }
}
export const tell = new Tell()

/** Does something with the service; a refusal is shown. True where it worked. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work()
  } catch (error) {
    tell.problem(error)
    return false
  }
  if (done) tell.say(done)
  return true
}
