// The words of this page, and those of the service for its codes, which are kept so that a card can be read without a network.
import en from './messages/en.json'
import zh from './messages/zh-CN.json'
import { ApiProblem, get } from '../lib/api'
import { session } from '../lib/session.svelte'
import { box } from './box'

export type Key = keyof typeof en
type Params = Record<string, string | number | null | undefined>
const own: Record<string, Record<string, string>> = { en, 'zh-CN': zh }
const KEPT = /^(type|advice|role|outcome|group|message|entrance)\./

/** {name} and {n, plural, one {…} other {…}}, as in the command room. */
export function fill(text: string, params: Params): string {
  return text
    .replace(/\{(\w+), plural, one \{([^{}]*)\} other \{([^{}]*)\}\}/g, (_, name: string, one: string, other: string) => (Number(params[name]) === 1 ? one : other).replaceAll('#', String(params[name])))
    .replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name] ?? '') : whole))
}

export const t = (key: Key, params: Params = {}): string => fill(own[session.language]?.[key] ?? key, params)

class Words {
  codes = $state.raw<Record<string, string>>({})

  /** What is kept at once, what is new as soon as it is there. */
  async load(): Promise<void> {
    const name = `words-${session.language}`
    this.codes = (await box.kept<Record<string, string>>(name)) ?? this.codes
    try {
      const { messages } = await get<{ messages: Record<string, string> }>('/catalogue')
      this.codes = Object.fromEntries(Object.entries(messages).filter(([key]) => KEPT.test(key)))
      await box.keep(name, this.codes)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
    }
  }
}
export const words = new Words()

/** What stands at a gate: a code of the service in words, else what the city wrote there. */
export const noted = (note: string): string => words.codes[`entrance.${note}`] ?? note

/** The words for a code of the service. */
export const said = (group: string, value: string | null | undefined): string => (value ? (words.codes[`${group}.${value}`] ?? value.replaceAll('_', ' ')) : '')
