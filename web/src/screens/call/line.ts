// One line that says a whole call: free words and marked parts. `#type` `@place` `+telephone or name` `~language` `!` silent `?1 yes` answers. What is not understood stays in the words.
import type { TypeRow } from '../../lib/types'

export interface Line {
  text: string
  type_code: string | null
  place: string | null
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

/** yes, no, unknown, or the words as they are. */
const answered = (said: string): string => (YES.includes(said) ? 'yes' : NO.includes(said) ? 'no' : UNKNOWN.includes(said) ? 'unknown' : said)

export function readLine(line: string, types: TypeRow[], named: (code: string) => string, speaks: Speaks): Line {
  const found: Line = { text: '', type_code: null, place: null, phone: null, name: null, language: null, silent: false, answers: [] }
  const text = line.replace(MARKED, (whole, before: string, mark: string, said: string, at: number) => {
    const words = said.trim()
    /** Whether something follows, so that half an answer is not sent. */
    const whole_said = /\s$/.test(said) || at + whole.length < line.length
    switch (mark) {
      case '@': case '＠':
        found.place = words
        return words ? `${before}@ ${words}` : before
      case '#': case '＃': {
        const type = words ? types.find((each) => [each.code, named(each.code), ...(each.synonyms ?? [])].some((name) => name.toLowerCase().startsWith(words.toLowerCase()))) : undefined
        found.type_code = type?.code ?? found.type_code
        return type ? before : whole
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
