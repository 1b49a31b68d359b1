// Words: the page's own from the two catalogues here, codes of the core from the service's catalogue.
import en from '../messages/en.json'
import zh from '../messages/zh-CN.json'
import { get } from './api'
import { session } from './session.svelte'
import type { Catalogue, TypeRow } from './types'

export type Key = keyof typeof en
type Params = Record<string, unknown>
const own: Record<string, Record<string, string>> = { en, 'zh-CN': zh }
const PLURAL = /\{(\w+), plural, one \{([^{}]*)\} other \{([^{}]*)\}\}/g

/** ICU message syntax, as far as this page needs it: {name} and {n, plural, one {…} other {…}} with # for the number. */
export function fill(text: string, params: Params): string {
  return text
    .replace(PLURAL, (_, name: string, one: string, other: string) => (Number(params[name]) === 1 ? one : other).replaceAll('#', String(params[name])))
    .replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name] ?? '') : whole))
}

class Words {
  catalogue = $state.raw<Catalogue | null>(null)
  /** Act → the codes of the reasons it may give. */
  reasons = $state.raw<Record<string, string[]>>({})
  private byCode = $derived(new Map(this.catalogue?.types.map((each) => [each.code, each]) ?? []))

  /** Asks the service for the catalogue in the reader's language. */
  async load(): Promise<void> {
    const [catalogue, reasons] = await Promise.all([get<Catalogue>('/catalogue'), get<Record<string, string[]>>('/reasons')])
    this.reasons = reasons
    this.catalogue = catalogue
  }
  /** Who signed out leaves nothing behind. */
  forget(): void {
    this.catalogue = null
  }
  type(code: string): TypeRow | undefined {
    return this.byCode.get(code)
  }
}
export const words = new Words()

/** A sentence of the page itself. */
export function t(key: Key, params: Params = {}): string {
  return fill(own[session.language]?.[key] ?? key, params)
}

/** The same in a language that is not the reader's own: what hangs on a wall speaks both. */
export const tIn = (language: string, key: Key, params: Params = {}): string => fill(own[language]?.[key] ?? key, params)

const unworded = new Set<string>()

/** The words for a code of the core; the code itself where nobody has words for it, and the browser's console says so once. */
export function code(group: string, value: string | null | undefined, params: Params = {}): string {
  if (!value) return ''
  const key = `${group}.${value}`
  const found = own[session.language]?.[key] ?? words.catalogue?.messages[key]
  if (found === undefined && words.catalogue && !unworded.has(key)) {
    unworded.add(key)
    console.warn(`no words for ${key}`)
  }
  return fill(found ?? value.replaceAll('_', ' '), params)
}

export const typeName = (value: string): string => code('type', value)

/** A place or venue in the reader's language, where it has a name in it. */
export function nameOf(row: { name: string; name_en: string | null }): string {
  return session.language === 'en' ? (row.name_en ?? row.name) : row.name
}

/** Another agency by its id. */
export function agencyName(agency_id: string): string {
  const row = words.catalogue?.agencies.find((each) => each.agency_id === agency_id)
  return row ? `${agency_id} ${nameOf(row)}` : agency_id
}

/** A district by its id. */
export function districtName(district_id: string | null): string {
  const row = words.catalogue?.districts.find((each) => each.district_id === district_id)
  return row ? nameOf(row) : (district_id ?? '')
}
