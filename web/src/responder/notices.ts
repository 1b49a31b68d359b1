// What the service wrote to this phone, as its page shows it: in the page's language, and the same words once.
export interface News { id: string; reason: string; about: string; text: string; texts?: Record<string, string>; silent: boolean; exercise: boolean; expires_s: number; code: string }
/** `ids`: of all that say the same; one touch acknowledges them. */
export interface Notice { text: string; exercise: boolean; ids: string[] }

const SHOWN_MOST = 5

/** The newest first, as they came. */
export function together(news: News[], language: string): Notice[] {
  const found = new Map<string, Notice>()
  for (const each of news) {
    const text = each.texts?.[language] ?? each.text
    const key = `${each.exercise} ${text}`
    const same = found.get(key)
    if (same) same.ids.push(each.id)
    else found.set(key, { text, exercise: each.exercise, ids: [each.id] })
  }
  return [...found.values()].slice(0, SHOWN_MOST)
}
