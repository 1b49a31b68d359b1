// Who is signed in, in which language and theme. A member's phone keeps its token, because it is its only key; a desk's ends with its window.
import { entry } from './entry'

const TOKEN = 'fm-token'

function fromAddress(): string | null {
  if (entry.token) sessionStorage.setItem(TOKEN, entry.token)
  if (entry.setup || entry.join) return null
  return entry.token ?? sessionStorage.getItem(TOKEN) ?? localStorage.getItem(TOKEN)
}

export type Language = 'zh-CN' | 'en'
export type Theme = 'dark' | 'light' | 'contrast'

for (const [name, value] of [['fm-language', entry.language], ['fm-theme', entry.theme], ['fm-wall-sound', entry.sound]] as const) if (entry.wall && value) localStorage.setItem(name, value)

function stored<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  const found = localStorage.getItem(key)
  return allowed.find((each) => each === found) ?? fallback
}

class Session {
  token = $state<string | null>(fromAddress())
  language = $state<Language>(stored('fm-language', ['zh-CN', 'en'], navigator.language.startsWith('zh') ? 'zh-CN' : 'en'))
  /** The place of work that claims incidents; it belongs to the seat, not to a person. */
  seat = $state(localStorage.getItem('fm-seat') ?? '1')
  theme = $state<Theme>(stored('fm-theme', ['dark', 'light', 'contrast'], 'dark'))
  /** Whether single letters are keys of the room; some people's tools type letters by themselves. */
  keys = $state(stored('fm-keys', ['on', 'off'], 'on') === 'on')

  /** Whether a wall display on this machine sounds as a desk does; else it never sounds, because the desks do. */
  wallSounds = $state(stored('fm-wall-sound', ['on', 'off'], 'off') === 'on')

  /** On a phone that a post shares: the token of the person who has it now. */
  person = $state<string | null>(null)

  /** `keep`: also after the window is closed, for a phone whose only key this is. */
  signIn(token: string, keep = false): void {
    ;(keep ? localStorage : sessionStorage).setItem(TOKEN, token)
    this.token = token
  }
  signOut(): void {
    sessionStorage.removeItem(TOKEN)
    localStorage.removeItem(TOKEN)
    this.token = this.person = null
  }
  /** Signs out here and at the service; where that does not answer, the session ends there by itself. */
  leave(): void {
    const token = this.token
    this.signOut()
    if (token) fetch('/session', { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }).catch(() => undefined)
  }
  setLanguage(language: Language): void {
    localStorage.setItem('fm-language', language)
    this.language = language
  }
  setSeat(seat: string): void {
    localStorage.setItem('fm-seat', seat)
    this.seat = seat
  }
  setKeys(on: boolean): void {
    localStorage.setItem('fm-keys', on ? 'on' : 'off')
    this.keys = on
  }
  setWallSounds(on: boolean): void {
    localStorage.setItem('fm-wall-sound', on ? 'on' : 'off')
    this.wallSounds = on
  }
  setTheme(theme: Theme): void {
    localStorage.setItem('fm-theme', theme)
    this.theme = theme
  }
}

export const session = new Session()
