// Which whole page is open, kept in the address after the #, so that the browser's way back works; '' is the room.
import './entry' // reads the address first and leaves no secret in it

class Page {
  at = $state(location.hash.slice(1))

  constructor() {
    addEventListener('hashchange', () => (this.at = location.hash.slice(1)))
  }
  go(name: string): void {
    location.hash = name
  }
}
export const page = new Page()
