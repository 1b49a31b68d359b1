// One line that says a whole call: free words, `#type` by its name or code, `@place` by its name. What is not understood stays in the words.
import type { TypeRow } from '../../lib/types'

export interface Line {
  text: string
  type_code: string | null
  place: string | null
}

export function readLine(line: string, types: TypeRow[], named: (code: string) => string): Line {
  let [type_code, place]: [string | null, string | null] = [null, null]
  const text = line.replace(/(^|\s)([#＃@＠])([^#＃@＠\n]*?)(?=\s[#＃@＠]|\s{2}|\n|$)/g, (whole, before: string, mark: string, said: string) => {
    const words = said.trim()
    if (mark === '@' || mark === '＠') {
      place = words
      return words ? `${before}@ ${words}` : before
    }
    const found = words ? types.find((each) => [each.code, named(each.code), ...(each.synonyms ?? [])].some((name) => name.toLowerCase().startsWith(words.toLowerCase()))) : undefined
    type_code = found?.code ?? type_code
    return found ? before : whole
  })
  return { text: text.trim(), type_code, place }
}
