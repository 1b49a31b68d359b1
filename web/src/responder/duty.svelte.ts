// What concerns the holder of this phone: asked for whenever the live feed says that something changed, kept so that it can be read without a network.
import { SvelteSet } from 'svelte/reactivity'
import { ApiProblem, get } from '../lib/api'
import { session } from '../lib/session.svelte'
import { box } from './box'
import { together, type News } from './notices'
import { queue, type Told } from './queue.svelte'

export interface Ask { alert_id: string; state: string; task: string; expires_s: number; sent_s: number; outside: boolean }
export interface Task { assignment_id: string; state: string; role: string | null; active: boolean; travel_s: number | null }
export interface Way { lon: number; lat: number; access: string; key_holder: string | null; lift: boolean; note: string | null }
export interface Card {
  id: string; label: string; type: string; group: string; priority?: number; quiet: boolean; called_by_me: boolean; advice: string[]
  venue_id?: string | null; venue_name?: string | null; place_text?: string | null; floor?: number | null; access_note?: string | null; lon?: number | null; lat?: number | null
  police_about_min?: number | null; alert: Ask | null; task: Task | null; entrances: Way[]; asks: ('safety' | 'welfare')[]
}
export interface Ended { id: string; type: string; venue_name: string | null; outcome: string | null; closed_s: number }
export interface View {
  at_s: number; member_id: string; entered: boolean; channels: string[]; push_key: string | null
  team: null | { team_id: string; name: string; venue_id: string; venue: string | null; venue_en: string | null; lon: number | null; lat: number | null; on_duty: number; reachable: number; minimum: number }
  duty: null | { shift: string; until_s: number; heard: boolean }
  incidents: Card[]; ended: Ended[]
}

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000]
const SILENT_MS = 25_000
const TOGETHER_MS = 60
const REFUSED = 1008
const NEWS_MOST = 100

class Duty {
  view = $state.raw<View | null>(null)
  live = $state(false)
  /** The service does not know this phone any more. */
  out = $state(false)
  /** It is the post's phone: people take turns on it, on its own page. */
  shared = $state(false)
  role = $state('')
  seen_s = $state(0)
  news = $state.raw<News[]>([])
  readonly notices = $derived(together(this.news, session.language))
  /** Incidents that were cleared on this phone and nobody has said yet what was found. */
  toTell = $state.raw<string[]>([])
  /** Alerts that were answered on this phone: not asked again while the answer is on its way round. */
  answered = new SvelteSet<string>()
  private socket: WebSocket | null = null
  private tries = 0
  private watchdog = 0
  private timer = 0
  private asking = false
  private again = false

  async begin(): Promise<void> {
    await box.keep('token', session.token)
    this.view = (await box.kept<View>('view')) ?? null
    queue.onTold((told) => this.told(told))
    await queue.begin()
    void this.who()
    this.connect()
    addEventListener('online', () => this.socket?.readyState !== WebSocket.OPEN && this.connect())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.ask())
  }
  private async who(): Promise<void> {
    try {
      const me = await get<{ role: string; session: { locked: string | null } | null }>('/me')
      this.role = me.role
      this.shared = me.session?.locked === 'shared'
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (error.status === 401) this.out = true
    }
  }
  private told(told: Told): void {
    const task = told.does === 'cleared' && told.answer['refused'] ? this.view?.incidents.find((each) => each.task?.assignment_id === told.about) : undefined
    if (task) this.tell(task.id, false)
    this.ask()
  }
  /** Ask for the view anew; many wishes at once are one question. */
  ask(): void {
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => void this.look(), TOGETHER_MS)
  }
  private async look(): Promise<void> {
    if (this.asking) {
      this.again = true
      return
    }
    this.asking = true
    try {
      const before = Date.now()
      const settled = queue.settle()
      const view = await get<View>('/me/duty')
      queue.apart_ms = view.at_s * 1000 - (before + Date.now()) / 2
      this.view = view
      settled()
      this.seen_s = view.at_s
      await box.keep('view', view)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (error.status === 401) this.out = true
    }
    this.asking = false
    if (this.again) {
      this.again = false
      this.ask()
    }
  }
  connect(): void {
    if (!session.token || this.out) return
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/feed`)
    this.socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ token: session.token }))
    socket.onmessage = (event) => {
      const frame = JSON.parse(String(event.data)) as { snapshot?: boolean; set?: object; del?: unknown[]; messages?: News[] }
      if (!this.live) void queue.send()
      this.live = true
      this.tries = 0
      clearTimeout(this.watchdog)
      this.watchdog = window.setTimeout(() => socket.close(), SILENT_MS)
      if (frame.messages) this.take(frame.messages)
      if (frame.snapshot || frame.set || frame.del || frame.messages) this.ask()
    }
    socket.onclose = (event) => {
      if (this.socket !== socket) return
      this.live = false
      if (event.code === REFUSED) this.out = true
      else window.setTimeout(() => this.socket === socket && this.connect(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)])
    }
  }
  private take(messages: News[]): void {
    const known = new Set(this.news.map((each) => each.id))
    const fresh = messages.filter((each) => !known.has(each.id) && each.reason !== 'alert' && each.reason !== 'test')
    this.news = [...fresh, ...this.news].slice(0, NEWS_MOST)
  }
  read(ids: string[]): void {
    this.news = this.news.filter((each) => !ids.includes(each.id))
  }
  tell(incident_id: string, open: boolean): void {
    this.toTell = open ? [...this.toTell.filter((each) => each !== incident_id), incident_id] : this.toTell.filter((each) => each !== incident_id)
  }
  /** Off this phone: nothing of it stays, and no alert reaches it. */
  async leave(): Promise<void> {
    const socket = this.socket
    this.socket = null
    socket?.close()
    this.live = false
    this.view = null
    this.news = []
    this.toTell = []
    await queue.forget()
    session.leave()
  }
}
export const duty = new Duty()
