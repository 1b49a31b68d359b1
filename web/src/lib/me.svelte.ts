// Who is signed in, as the service says; asked anew when the token changes.
import { ApiProblem, get } from './api'
import { session } from './session.svelte'

export interface Me {
  account_id: string
  role: string
  unit_id: string | null
  team_id: string | null
  seat: string | null
  district: string | null
  session: null | { session_id: string; role: string; until_s: number; locked: string | null }
}
const AGAIN_MS = 2000
/** Roles whose page is the command room, and those that see a live feed. */
export const DESK = ['dispatcher', 'commander']
/** Roles whose page is the administration. */
export const ADMIN = ['admin', 'system_admin']

class Who {
  me = $state.raw<Me | null>(null)
  refused = $state(false)
  tries = $state(0)
  /** Somebody at the desk looks at the registers. */
  administers = $state(false)
  /** A phone that a post shares: it sees, and people say who they are before they act. */
  shared = $derived(this.me?.session?.locked === 'shared')

  /** Asks until there is an answer; gives back how to stop. */
  follow(): () => void {
    let timer = 0
    let stopped = false
    const ask = async (): Promise<void> => {
      try {
        const found = await get<Me>('/me')
        if (stopped) return
        this.me = found
        if (found.seat) session.setSeat(found.seat)
      } catch (error) {
        if (stopped || !(error instanceof ApiProblem)) return
        if (error.status === 401) this.refused = true
        else {
          this.tries += 1
          timer = window.setTimeout(() => void ask(), AGAIN_MS)
        }
      }
    }
    void ask()
    return () => {
      stopped = true
      clearTimeout(timer)
      this.me = null
      this.refused = false
      this.tries = 0
    }
  }
}
export const who = new Who()
