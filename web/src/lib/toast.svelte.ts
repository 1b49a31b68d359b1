// One toast at a time, and one polite line for screen readers that does not chatter.
import { ApiProblem } from './api'
import { t } from './i18n.svelte'

const SHOWN_MS = 5000
const QUIET_MS = 1500

class Toast {
  text = $state('')
  bad = $state(false)
  spoken = $state('')
  private timer = 0
  private lastSpoken = 0

  show(text: string, bad = false): void {
    this.text = text
    this.bad = bad
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => (this.text = ''), SHOWN_MS)
  }
  say(text: string): void {
    if (Date.now() - this.lastSpoken < QUIET_MS) return
    this.lastSpoken = Date.now()
    this.spoken = text
  }
  problem(error: unknown): void {
    const text = error instanceof ApiProblem ? (error.status === 0 ? t('toast.offline') : error.message) : String(error)
    this.show(text, true)
  }
}
export const toast = new Toast()

/** Do something; a refusal is shown, and tells the caller that it did not happen. */
export async function attempt<T>(act: () => Promise<T>, done?: string): Promise<T | null> {
  try {
    const result = await act()
    if (done) toast.show(done)
    return result
  } catch (error) {
    toast.problem(error)
    return null
  }
}
