// The time slider: a span of the past, asked for piece by piece, played, stepped through and dragged. The rows go where the live ones are shown; nothing is decided here.
import { call } from './api'
import { choice } from './choice.svelte'
import { feed } from './feed.svelte'
import { clockTime, now } from './now.svelte'
import { code, t } from './i18n.svelte'
import { QUIET } from './looked.svelte'
import { tell } from './tell.svelte'

interface Step { seq: number; at_s: number; facts: { kind: string; incident_id: string | null }[]; set: Record<string, unknown>; del: string[] }
interface Piece { from_s: number; until_s: number; complete: boolean; set: Record<string, unknown>; steps: Step[]; tracks: Record<string, [number, number, number][]> }
export interface Wish { incident_id: string | null; begin_s: number; end_s: number }

const PIECE_S = 900
const TICK_MS = 250
const WITHIN_MS = 45_000
/** A crew that was last heard of so long ago is not shown. */
const LOST_S = 600
export const SPEEDS = [1, 10, 60]

/** What of a step is read as news. */
const told = (step: Step): Step['facts'] => step.facts.filter((fact) => !QUIET.includes(fact.kind))

class Replay {
  /** What somebody asked to see and the panel offers, before it begins. */
  wish = $state.raw<Wish | null>(null)
  begin_s = $state(0)
  end_s = $state(0)
  at_s = $state(0)
  playing = $state(false)
  speed = $state(10)
  loading = $state(false)
  /** The last step that was taken, in words. */
  said = $state('')
  private known = $state.raw<ReadonlySet<string>>(new Set())
  /** How many live incidents came since the past is shown. */
  waiting = $derived([...feed.alive.keys()].filter((id) => !this.known.has(id)).length)
  private incident_id: string | null = null
  private purpose = ''
  private piece: Piece | null = null
  private done = 0
  private before: string | null = null
  private timer = 0
  private ticked_ms = 0
  private asked = 0

  /** Ask which part of the past; where it is shown already, go back to the present. */
  toggle(): void {
    if (feed.past) this.leave()
    else choice.toggle('replay')
  }
  async start(wish: Wish, purpose: string): Promise<boolean> {
    this.leave()
    const before = choice.incident_id
    ;[this.begin_s, this.end_s, this.incident_id, this.purpose] = [wish.begin_s, wish.end_s, wish.incident_id, purpose]
    this.piece = null
    if (!(await this.load(wish.begin_s))) return false
    this.known = new Set(feed.alive.keys())
    this.before = before
    choice.incident_id = wish.incident_id ?? before
    this.wish = null
    this.said = ''
    tell.speak(t('past.mark', { time: clockTime(this.at_s) }))
    this.timer = window.setInterval(() => this.tick(), TICK_MS)
    return true
  }
  /** Back to the present. */
  leave(): void {
    if (!feed.past) return
    clearInterval(this.timer)
    this.playing = this.loading = false
    this.asked += 1
    this.piece = null
    now.hold(null)
    feed.showLive()
    choice.incident_id = this.before && feed.incidents.has(this.before) ? this.before : null
    tell.speak(t('past.back'))
  }
  /** Play or pause. */
  turn(): void {
    if (this.at_s >= this.end_s) void this.seek(this.begin_s)
    this.playing = !this.playing
    this.ticked_ms = performance.now()
  }
  /** Go to a moment. */
  async seek(at_s: number): Promise<void> {
    const wanted = Math.min(Math.max(at_s, this.begin_s), this.end_s)
    const piece = this.piece
    if (piece && wanted >= piece.from_s && (wanted < piece.until_s || (wanted === piece.until_s && wanted === this.end_s))) this.show(wanted)
    else await this.load(wanted)
  }
  /** To the next fact (1), or the one before (-1): of the chosen incident where one is chosen. */
  async step(by: 1 | -1): Promise<void> {
    this.playing = false
    for (let tries = 0; tries < 8 && this.piece; tries++) {
      const { piece } = this
      const all = piece.steps.filter((step) => this.concerns(step))
      const next = by === 1 ? all.find((step) => step.at_s > this.at_s) : all.findLast((step) => step.at_s < this.at_s)
      if (next) {
        this.show(next.at_s)
        this.said = `${clockTime(next.at_s)} ${[...new Set(told(next).map((fact) => code('fact', fact.kind)))].slice(0, 3).join(' · ')}`
        tell.speak(this.said)
        return
      }
      const edge = by === 1 ? piece.until_s : piece.from_s
      if (by === 1 ? edge >= this.end_s : edge <= this.begin_s) return
      if (!(await this.load(by === 1 ? edge : Math.max(this.begin_s, edge - PIECE_S)))) return
      if (by === -1) this.show(Math.min(edge, this.piece.until_s))
    }
  }
  private concerns(step: Step): boolean {
    const id = choice.incident_id
    return told(step).some((fact) => !id || fact.incident_id === id)
  }
  private tick(): void {
    const now_ms = performance.now()
    const gone_s = ((now_ms - this.ticked_ms) / 1000) * this.speed
    this.ticked_ms = now_ms
    if (!feed.past) {
      // Signed out meanwhile.
      clearInterval(this.timer)
      return now.hold(null)
    }
    if (!this.playing || this.loading) return
    if (this.at_s >= this.end_s) this.playing = false
    else void this.seek(this.at_s + gone_s)
  }
  /** Ask for the piece that begins at a moment, and show that moment. */
  private async load(at_s: number): Promise<boolean> {
    const asked = (this.asked += 1)
    this.loading = true
    const span_s = Math.max(0, Math.min(PIECE_S, this.end_s - at_s))
    const query = new URLSearchParams({ at_s: String(at_s), span_s: String(span_s), ...(this.incident_id ? { incident_id: this.incident_id } : {}), ...(this.purpose ? { purpose: this.purpose } : {}) })
    try {
      const piece = await call<Piece>('GET', `/past?${query.toString()}`, undefined, undefined, WITHIN_MS)
      if (asked !== this.asked) return false
      this.piece = { ...piece, from_s: at_s, until_s: Math.max(piece.until_s, at_s) }
      // The present is where the past ends.
      if (piece.complete && piece.until_s < at_s + span_s) this.end_s = Math.max(piece.until_s, this.begin_s)
      this.again()
      this.show(at_s)
      return true
    } catch (error) {
      this.playing = false
      tell.problem(error)
      return false
    } finally {
      if (asked === this.asked) this.loading = false
    }
  }
  /** From the first row of the piece. */
  private again(): void {
    this.done = 0
    feed.showPast(this.piece?.set ?? {})
  }
  private show(at_s: number): void {
    const { piece } = this
    if (!piece) return
    if (at_s < this.at_s && (piece.steps[this.done - 1]?.at_s ?? 0) > at_s) this.again()
    this.at_s = at_s
    now.hold(at_s)
    for (let step = piece.steps[this.done]; step && step.at_s <= at_s; step = piece.steps[++this.done]) feed.change(step.set, step.del)
    feed.place(this.everybody(at_s))
  }
  /** Where each crew was: its last fix by then. */
  private everybody(at_s: number): [string, number, number][] {
    return Object.entries(this.piece?.tracks ?? {}).flatMap(([id, fixes]) => {
      let [low, high] = [0, fixes.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((fixes[middle]?.[0] ?? Infinity) <= at_s) low = middle + 1
        else high = middle
      }
      const fix = fixes[low - 1]
      return fix && at_s - fix[0] < LOST_S ? [[id, fix[1], fix[2]] as [string, number, number]] : []
    })
  }
}
export const replay = new Replay()
