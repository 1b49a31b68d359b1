// One line that says a whole call: free words and marked parts. `#type` `@place` `+telephone or name` `~language` `!` silent `?1 yes` answers. What is not understood stays in the words.
import type { TypeRow } from '../../lib/types'

export interface Line {
  text: string
  type_code: string | null
  /** What half a word may mean. */
  type_likely: string | null
  place: string | null
  /** Whether the line goes on after the place, so that its name is whole. */
  place_ends: boolean
  phone: string | null
  name: string | null
  language: string | null
  silent: boolean
  /** Number of a protocol question, from 1, and what was answered. */
  answers: [number, string][]
}
/** Whether a language is one that the form knows, by its code or its own name. */
export type Speaks = (said: string) => string | null

const MARKED = /(^|\s)([#＃@＠+＋~～?？!！])([^#＃@＠+＋~～?？!！\n]*?)(?=\s[#＃@＠+＋~～?？!！]|\s{2}|\n|$)/g
const PHONE = /^\+?[\d\s-]{3,20}$/
const YES = ['y', 'yes', '是', '有', '对']
const NO = ['n', 'no', '否', '没有', '不']
const UNKNOWN = ['u', 'unknown', '不详', '不知道']

/** How well a name answers to words: 0 it is called so, 1 a word of it is, 2 it begins so, 3 a word of it does. */
function grade(name: string, words: string): number {
  const parts = name.split(/[^\p{L}\p{N}]+/u)
  return name === words ? 0 : parts.includes(words) ? 1 : name.startsWith(words) ? 2 : parts.some((part) => part.startsWith(words)) ? 3 : Infinity
}
/** The type that words name: what it is called on the screen and its other names go before its code; of equals the more urgent. `sure`: it is called just so,
 * or nothing else is meant.
 */
export function typeOf(words: string, types: TypeRow[], named: (code: string) => string): { type: TypeRow; sure: boolean } | null {
  const wanted = words.toLowerCase()
  const best = (names: string[]): number => Math.min(...names.map((name) => grade(name.toLowerCase(), wanted)))
  const graded = types.map((type) => ({ type, named: best([named(type.code), ...(type.synonyms ?? [])]), coded: best([type.code]) })).filter((each) => Math.min(each.named, each.coded) < Infinity)
  const first = graded.sort((a, b) => Math.min(a.named, a.coded + 4) - Math.min(b.named, b.coded + 4) || a.type.priority - b.type.priority)[0]
  return first ? { type: first.type, sure: graded.length === 1 || first.named === 0 || first.coded === 0 } : null
}

/** yes, no, unknown, or the words as they are. */
const answered = (said: string): string => (YES.includes(said) ? 'yes' : NO.includes(said) ? 'no' : UNKNOWN.includes(said) ? 'unknown' : said)

export function readLine(line: string, types: TypeRow[], named: (code: string) => string, speaks: Speaks): Line {
  const found: Line = { text: '', type_code: null, type_likely: null, place: null, place_ends: false, phone: null, name: null, language: null, silent: false, answers: [] }
  const text = line.replace(MARKED, (whole, before: string, mark: string, said: string, at: number) => {
    const words = said.trim()
    /** Whether something follows, so that half an answer is not sent. */
    const whole_said = /\s$/.test(said) || at + whole.length < line.length
    switch (mark) {
      case '@': case '＠':
        found.place = words
        found.place_ends = at + whole.length < line.length
        return words ? `${before}@ ${words}` : before
      case '#': case '＃': {
        const meant = words ? typeOf(words, types, named) : null
        if (meant && (meant.sure || at + whole.length < line.length)) found.type_code = meant.type.code
        else found.type_likely = meant?.type.code ?? null
        return meant ? before : whole
      }
      case '+': case '＋':
        if (PHONE.test(words)) found.phone = words.replace(/[\s-]/g, '')
        else if (/^\D/.test(words)) found.name = words
        else return whole
        return before
      case '~': case '～':
        found.language = words ? speaks(words) : null
        return found.language ? before : whole
      case '!': case '！':
        if (words) return whole
        found.silent = true
        return before
      default: {
        const answer = /^(\d{1,2})[\s=]*(.+)$/.exec(words)
        if (!answer) return whole
        if (whole_said) found.answers.push([Number(answer[1]), answered(answer[2]?.trim() ?? '')])
        return before
      }
    }
  })
  return { ...found, text: text.trim() }
}
