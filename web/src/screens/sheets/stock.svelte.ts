// Numbers of blank forms that the service has given to this machine and nobody has printed yet: so that there are some when the service is gone.
// What is taken out is never put back: a number stands on one piece of paper at most.
import { post } from '../../lib/api'
import { session } from '../../lib/session.svelte'

const KEPT = 'fm-forms'
const FULL = 40
const LEAST = 20

class Stock {
  /** How many are left. */
  left = $state(read().length)

  /** Asks for more where few are left, `wanted` at least. */
  async fill(wanted = LEAST): Promise<void> {
    const before = read().length
    if (before >= wanted) return
    const { forms } = await post<{ forms: string[] }>('/desk/forms', { seat: session.seat, count: FULL - before })
    this.write([...read(), ...forms])
  }
  take(count: number): string[] {
    const all = read()
    const taken = all.splice(0, count)
    this.write(all)
    return taken
  }
  private write(numbers: string[]): void {
    localStorage.setItem(KEPT, JSON.stringify(numbers))
    this.left = numbers.length
  }
}

/** Read anew every time: other windows of this machine take from the same stock. */
function read(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(found) ? found.filter((each): each is string => typeof each === 'string') : []
  } catch {
    return []
  }
}
export const stock = new Stock()
