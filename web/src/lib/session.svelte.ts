// Who is signed in, in which language and theme. The token comes in the address's fragment once and never stays there.
const TOKEN = 'fm-token'

function fromAddress(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get('token')
  if (found) {
    sessionStorage.setItem(TOKEN, found)
    history.replaceState(null, '', location.pathname + location.search)
  }
  return found ?? sessionStorage.getItem(TOKEN)
}

export type Language = 'zh-CN' | 'en'
export type Theme = 'dark' | 'light' | 'contrast'

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

  signIn(token: string): void {
    sessionStorage.setItem(TOKEN, token)
    this.token = token
  }
  signOut(): void {
    sessionStorage.removeItem(TOKEN)
    this.token = null
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
  setTheme(theme: Theme): void {
    localStorage.setItem('fm-theme', theme)
    this.theme = theme
  }
}

export const session = new Session()
