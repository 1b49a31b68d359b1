// What the address brought: a token, a set-up link, a team's code, or the way back from the directory. It is read once and never stays there.
export interface Entry {
  token: string | null
  setup: string | null
  join: string | null
  register: string | null
  /** The code of a place that was scanned. */
  at: string | null
  back: { code: string; state: string } | null
  /** The address asks for the wall display, and how it looks and sounds: nobody has a pointer there. */
  wall: boolean
  language: string | null
  theme: string | null
  sound: string | null
}

function read(): Entry {
  const hash = new URLSearchParams(location.hash.slice(1))
  const query = new URLSearchParams(location.search)
  const [code, state] = [query.get('code'), query.get('state')]
  const found: Entry = {
    token: hash.get('token'), setup: hash.get('setup'), join: hash.get('join'), register: hash.get('register'), at: hash.get('at'),
    wall: hash.has('wall'), language: hash.get('lang'), theme: hash.get('theme'), sound: hash.get('sound'),
    back: code && state ? { code, state } : null,
  }
  if (location.hash.includes('=') || found.back) history.replaceState(null, '', location.pathname + (found.wall ? '#wall' : ''))
  return found
}

export const entry = read()

/** The code of a link or the code itself, as people paste either. */
export const codeIn = (typed: string, name: string): string => new URLSearchParams(typed.split('#')[1] ?? '').get(name) ?? typed.trim()
