// The service's time of day, ticking twice a second for every countdown on the page.
const APART_S = 2

class Now {
  /** The moment that is shown: now, or one of the past while that is shown. */
  s = $state(Date.now() / 1000)
  /** The service's time, whatever is shown. */
  real = $state(Date.now() / 1000)
  private apart_s = 0
  private held = false

  constructor() {
    setInterval(() => {
      this.real = Date.now() / 1000 + this.apart_s
      if (!this.held) this.s = this.real
    }, 500)
  }
  /** Stand at a moment of the past; null: go on with the service's time. */
  hold(at_s: number | null): void {
    this.held = at_s !== null
    this.s = at_s ?? this.real
  }
  /** Follow the service's clock where this machine's own is wrong: countdowns are about its time. */
  heard(date: string | null): void {
    const said = date ? Date.parse(date) / 1000 : NaN
    if (!Number.isFinite(said)) return
    const apart = said + 0.5 - Date.now() / 1000
    this.apart_s = Math.abs(apart) > APART_S ? apart : 0
  }
}
export const now = new Now()

/** Seconds as minutes:seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / 60)
  return `${minutes}:${String(whole % 60).padStart(2, '0')}`
}

/** A moment as hours:minutes:seconds of this place. */
export function clockTime(at_s: number): string {
  return new Date(at_s * 1000).toLocaleTimeString('zh-CN', { hour12: false })
}
