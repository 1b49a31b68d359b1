// What is addressed to this desk: handed over once, shown until it expires or somebody has read it. Nothing of it is kept in the browser.
import { fill, words } from './i18n.svelte'
import { now } from './now.svelte'
import type { Message } from './types'

const MOST = 50

class Inbox {
  private all = $state.raw<(Message & { at_s: number })[]>([])
  /** Not yet expired or read, the newest first. */
  open = $derived(this.all.filter((each) => each.expires_s > now.s))

  take(messages: Message[]): void {
    const known = new Set(this.all.map((each) => each.id))
    this.all = [...messages.filter((each) => !known.has(each.id)).map((each) => ({ ...each, at_s: now.s })), ...this.open].slice(0, MOST)
  }
  read(id: string): void {
    this.all = this.all.filter((each) => each.id !== id)
  }
  clear(): void {
    this.all = []
  }
}
export const inbox = new Inbox()

/** A message in the reader's language; a parameter that begins with @ is a key of the catalogue. */
export function textOf(message: Message): string {
  const known = words.catalogue?.messages ?? {}
  const sentence = known[`message.${message.code}`]
  if (sentence === undefined) return message.text
  const params = Object.fromEntries(Object.entries(message.params).map(([name, value]) => [name, typeof value === 'string' && value.startsWith('@') ? (known[value.slice(1)] ?? value.slice(1)) : value]))
  return [fill(sentence, params), ...message.more.map((key) => known[key] ?? '')].filter(Boolean).join(' ')
}
