// The siren, the shaking and the voice of this page, all made here. What must stay silent makes no sound and does not shake.
import { session } from '../lib/session.svelte'

const SWEEP_S = 0.55
const AGAIN_MS = 1_150
const SHAKE = [500, 150, 500]
const TEST_MS = 3_000

class Alarm {
  /** The browser lets no sound out before the page was touched. */
  blocked = $state(false)
  private ringing = false
  private context: AudioContext | null = null
  private timer = 0
  private testing = 0

  /** After a touch sound is allowed. */
  wake(): void {
    this.context ??= new AudioContext()
    void this.context.resume().then(() => (this.blocked = this.context?.state !== 'running'))
  }
  /** An alert: until it is answered. A test that still rings does not end it. */
  start(): void {
    clearTimeout(this.testing)
    this.begin()
  }
  private begin(): void {
    if (this.ringing) return
    this.ringing = true
    this.turn()
    this.timer = window.setInterval(() => this.turn(), AGAIN_MS)
  }
  stop(): void {
    clearInterval(this.timer)
    clearTimeout(this.testing)
    this.ringing = false
    navigator.vibrate?.(0)
  }
  /** The same sound for three seconds. */
  test(): void {
    if (this.ringing) return
    this.begin()
    this.testing = window.setTimeout(() => this.stop(), TEST_MS)
  }
  private turn(): void {
    navigator.vibrate?.(SHAKE)
    this.context ??= new AudioContext()
    this.blocked = this.context.state !== 'running'
    if (this.blocked) return
    const context = this.context
    const begin = context.currentTime
    const [source, gain] = [context.createOscillator(), context.createGain()]
    source.type = 'sawtooth'
    source.frequency.setValueAtTime(650, begin)
    source.frequency.linearRampToValueAtTime(1_250, begin + SWEEP_S)
    source.frequency.linearRampToValueAtTime(650, begin + 2 * SWEEP_S)
    gain.gain.setValueAtTime(0.35, begin)
    source.connect(gain).connect(context.destination)
    source.start(begin)
    source.stop(begin + 2 * SWEEP_S)
  }
}
export const alarm = new Alarm()

/** Whether this phone can read aloud at all. */
export const speaks = 'speechSynthesis' in window

/** Read a text aloud, in the reader's language, slowly. */
export function speak(text: string): void {
  if (!speaks) return
  const spoken = new SpeechSynthesisUtterance(text)
  spoken.lang = session.language
  spoken.rate = 0.95
  speechSynthesis.cancel()
  speechSynthesis.speak(spoken)
}
export const hush = (): void => void (speaks && speechSynthesis.cancel())
