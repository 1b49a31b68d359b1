// Sound by priority, made here, no file: the highest sounds until somebody claims it and cannot be muted, the rest sound once and can.
import { choice } from './choice.svelte'
import { feed } from './feed.svelte'

const REPEAT_MS = 4000
const LATE_MS = 2000
const TONES: Record<number, number[]> = { 1: [880, 660, 880], 2: [620, 740], 3: [520] }

class Sound {
  muted = $state(localStorage.getItem('fm-muted') === 'yes')
  blocked = $state(false)
  private context: AudioContext | null = null
  private known = new Set<string>()
  private timer = 0

  toggle(): void {
    this.muted = !this.muted
    localStorage.setItem('fm-muted', this.muted ? 'yes' : 'no')
    void this.context?.resume()
  }
  /** Begins to listen to the feed; what is open already does not sound anew unless it still waits for a seat. */
  start(): () => void {
    for (const id of feed.alive.keys()) this.known.add(id)
    const wake = (): void => void this.awake()
    addEventListener('pointerdown', wake)
    addEventListener('keydown', wake)
    this.timer = window.setInterval(() => this.alarm(), REPEAT_MS)
    return () => {
      clearInterval(this.timer)
      removeEventListener('pointerdown', wake)
      removeEventListener('keydown', wake)
    }
  }
  /** A new incident came up. */
  announce(id: string, priority: number): void {
    if (this.known.has(id)) return
    this.known.add(id)
    if (priority <= 1 || !this.muted) void this.play(priority)
  }
  /** A soft tone: something is to be read. */
  nudge(): void {
    if (!this.muted) void this.play(3)
  }
  private alarm(): void {
    if (choice.alarms.length) void this.play(1)
  }
  /** The sound device; a browser gives it only after somebody touched the page, and takes a moment. */
  private async awake(): Promise<AudioContext> {
    this.context ??= new AudioContext()
    this.blocked = this.context.state !== 'running'
    await this.context.resume()
    this.blocked = false
    return this.context
  }
  private async play(priority: number): Promise<void> {
    const wanted = performance.now()
    const context = await this.awake()
    if (performance.now() - wanted > LATE_MS) return
    const begin = context.currentTime
    ;(TONES[Math.min(Math.max(priority, 1), 3)] ?? []).forEach((tone, index) => this.beep(tone, begin + index * 0.18))
  }
  private beep(tone: number, at: number): void {
    const context = this.context
    if (!context) return
    const [source, gain] = [context.createOscillator(), context.createGain()]
    source.frequency.value = tone
    gain.gain.setValueAtTime(0.0001, at)
    gain.gain.exponentialRampToValueAtTime(0.12, at + 0.02)
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.16)
    source.connect(gain).connect(context.destination)
    source.start(at)
    source.stop(at + 0.17)
  }
}
export const sound = new Sound()
