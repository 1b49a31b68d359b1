// How this phone shows and reads: kept on the phone.
const kept = (name: string, fallback: boolean): boolean => (localStorage.getItem(name) ?? (fallback ? 'on' : 'off')) === 'on'

class Settings {
  elder = $state(kept('fm-elder', false))
  aloud = $state(kept('fm-aloud', false))
  silentSos = $state(kept('fm-silent-sos', false))

  set(name: 'elder' | 'aloud' | 'silentSos', on: boolean): void {
    this[name] = on
    localStorage.setItem({ elder: 'fm-elder', aloud: 'fm-aloud', silentSos: 'fm-silent-sos' }[name], on ? 'on' : 'off')
  }
}
export const settings = new Settings()
