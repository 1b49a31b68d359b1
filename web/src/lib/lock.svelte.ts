// The lock of this desk. The service decides; here it only hears that somebody sits here, and that he wants to go.
import { post } from './api'
import { choice } from './choice.svelte'
import { feed } from './feed.svelte'
import { who } from './me.svelte'
import { session } from './session.svelte'
import { attempt } from './tell.svelte'

const TELL_EVERY_MS = 20_000

/** Tells the service that somebody touches this desk, at most every so often, and all the while a call is being taken; gives back how to stop. */
export function watchHands(): () => void {
  let told = 0
  const here = (): void => {
    if (feed.locked || performance.now() - told < TELL_EVERY_MS) return
    told = performance.now()
    sayHere()
  }
  const during = window.setInterval(() => choice.taking && here(), TELL_EVERY_MS)
  addEventListener('pointerdown', here, true)
  addEventListener('keydown', here, true)
  return () => {
    clearInterval(during)
    removeEventListener('pointerdown', here, true)
    removeEventListener('keydown', here, true)
  }
}

/** Says who sits where: what this seat holds keeps the desk open. */
export function sayHere(): void {
  if (who.me?.session) post('/session/here', { seat: session.seat }).catch(() => undefined) // an act says the same, and a lost line is shown elsewhere
}

/** Locks this desk, but never while a call is being taken. */
export async function lock(): Promise<void> {
  if (who.me?.session && !choice.taking && !feed.locked) await attempt(() => post('/session/lock'))
}
