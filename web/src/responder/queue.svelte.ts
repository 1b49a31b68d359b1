// Every touch goes through here: written down first, with the command's id made once, then sent in order. The service takes an id once, so a touch is one act
// however often it is sent. What was touched without a network keeps the time of the touch.
import { ApiProblem, newKey } from '../lib/api'
import { now } from '../lib/now.svelte'
import { session } from '../lib/session.svelte'
import { box } from './box'

export interface Touch {
  n?: number
  id: string
  at_ms: number
  method: 'POST' | 'PUT'
  path: string
  body: Record<string, unknown>
  file?: Blob
  /** What it does and to what, so that the page can show it as done before it is sent. */
  does: string
  about: string
  /** Whether the service is told when it happened; once it has been sent it is never said otherwise. */
  timed: boolean
  ready: boolean
}
export type Told = { does: string; about: string; answer: Record<string, unknown> }

const MOST = 500
const FRESH_MS = 2_000
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000]
const WITHIN_MS = 15_000
const FILE_WITHIN_MS = 60_000
const APART_MS = 2_000
const LATER = new Set([0, 408, 425, 429])

class Queue {
  items = $state.raw<Touch[]>([])
  /** Sent and accepted, and not yet in a view asked for afterwards: until then the page goes on showing them as done. */
  private settling = $state.raw<Touch[]>([])
  /** All that the page shows as done ahead of the service's view, the oldest first. */
  readonly ahead = $derived([...this.settling, ...this.items])
  /** Why the last touch was refused, in the reader's language. */
  refused = $state('')
  full = $state(false)
  /** How far the service's clock was ahead of this phone's when it was last heard, milliseconds. */
  apart_ms = 0
  private turn: Promise<void> | null = null
  private wanted = false
  private tries = 0
  private timer = 0
  private heard: ((told: Told) => void)[] = []

  onTold(hear: (told: Told) => void): void {
    this.heard.push(hear)
  }
  async begin(): Promise<void> {
    this.items = await box.all<Touch>()
    addEventListener('online', () => void this.send())
    void this.send()
  }
  /** Write a touch down, and try to send it. */
  async touch(does: string, about: string, path: string, body: Record<string, unknown> = {}, more: Partial<Touch> = {}): Promise<void> {
    this.full = this.items.length >= MOST
    if (this.full) return
    const item: Touch = { id: newKey(), at_ms: Date.now(), method: 'POST', path, body, does, about, timed: true, ready: false, ...more }
    const n = Number(await box.add(item))
    this.items = [...this.items, { ...item, n }]
    this.refused = ''
    void this.send()
  }
  has = (does: string, about: string): boolean => this.ahead.some((each) => each.does === does && each.about === about)
  find = (does: string): Touch | undefined => this.items.findLast((each) => each.does === does)
  /** Call before a view is asked for; call what it answers once that view is shown, which holds all that was accepted before. */
  settle(): () => void {
    const seen = new Set(this.settling.map((each) => each.id))
    return () => (this.settling = this.settling.filter((each) => !seen.has(each.id)))
  }

  /** Send what waits, the first one first, until one cannot be sent. One window at a time; whoever asks meanwhile waits for the same turn. */
  send(): Promise<void> {
    this.wanted = true
    this.turn ??= this.run().finally(() => (this.turn = null))
    return this.turn
  }
  private async run(): Promise<void> {
    clearTimeout(this.timer)
    const work = async (): Promise<void> => {
      this.items = await box.all<Touch>()
      for (let item = this.items[0]; item && (await this.one(item)); item = this.items[0]) this.tries = 0
    }
    while (this.wanted && session.token && navigator.onLine) {
      this.wanted = false
      await (navigator.locks ? navigator.locks.request('fm-queue', work) : work())
    }
    this.later()
  }
  private later(): void {
    if (this.items.length) this.timer = window.setTimeout(() => void this.send(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)])
  }
  /** True where the touch needs no further try: done, or refused for good. */
  private async one(item: Touch): Promise<boolean> {
    try {
      const made = item.ready ? item : await this.made(item)
      const told = await sent(made)
      this.settling = [...this.settling, made]
      this.heard.forEach((hear) => hear({ does: made.does, about: made.about, answer: told }))
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (LATER.has(error.status) || error.status >= 500 || error.status === 401) return false
      this.refused = error.message
      this.heard.forEach((hear) => hear({ does: item.does, about: item.about, answer: { refused: error.code } }))
    }
    await box.drop(item.n ?? 0)
    this.items = this.items.filter((each) => each.n !== item.n)
    return true
  }
  /** The touch as it will be sent from now on, word for word: with its time where that is past, by the service's clock. */
  private async made(item: Touch): Promise<Touch> {
    const body = { ...item.body }
    if (item.timed) {
      const apart = Date.now() - item.at_ms > FRESH_MS ? await apartMs() : this.apart_ms
      body['occurred_at'] = new Date(item.at_ms + (Math.abs(apart) > APART_MS ? apart : 0)).toISOString()
      body['time_source'] = 'device'
    }
    const made = { ...item, body, ready: true }
    await box.put($state.snapshot(made))
    return made
  }
  async forget(): Promise<void> {
    await box.empty()
    this.items = []
    this.settling = []
  }
}
export const queue = new Queue()

/** How far the service's clock is ahead of this phone's, milliseconds. */
async function apartMs(): Promise<number> {
  const before = Date.now()
  const answer = await asked('GET', '/me/duty', undefined, {}, WITHIN_MS)
  const said = (await answer.json()) as { at_s: number }
  return said.at_s * 1000 - (before + Date.now()) / 2
}

async function sent(item: Touch): Promise<Record<string, unknown>> {
  const headers = { 'idempotency-key': item.id, 'content-type': item.file ? item.file.type || 'application/octet-stream' : 'application/json' }
  const answer = await asked(item.method, item.path, item.file ?? JSON.stringify(item.body), headers, item.file ? FILE_WITHIN_MS : WITHIN_MS)
  return (await answer.json().catch(() => ({}))) as Record<string, unknown>
}

async function asked(method: string, path: string, body: BodyInit | undefined, more: Record<string, string>, within: number): Promise<Response> {
  const headers = { authorization: `Bearer ${session.token ?? ''}`, 'accept-language': session.language, ...more }
  let answer: Response
  try {
    answer = await fetch(path, { method, headers, signal: AbortSignal.timeout(within), ...(body === undefined ? {} : { body }) })
  } catch {
    throw new ApiProblem(0, 'offline', 'offline')
  }
  now.heard(answer.headers.get('date'))
  if (!answer.ok) {
    const said = (await answer.json().catch(() => ({}))) as { code?: string; title?: string }
    throw new ApiProblem(answer.status, said.code ?? String(answer.status), said.title ?? answer.statusText)
  }
  return answer
}
