// A message that was copied from a chat group: who wrote it and when stand on lines of their own, the rest is what happened.
const HEAD = /^[\s\[]*(.{1,24}?)[\]:：]*\s+(?:(?:\d{2,4}[-/.年])?\d{1,2}[-/.月]\d{1,2}日?\s+|(?:昨天|今天|周[一二三四五六日])\s*)?\d{1,2}:\d{2}(?::\d{2})?\]?[:：]?\s*$/

export interface ChatMessage {
  /** Who wrote the first of them. */
  name: string | null
  text: string
}

/** The words without the lines that only say who wrote when; null where no line says so. */
export function readChat(pasted: string): ChatMessage | null {
  const lines = pasted.split(/\r?\n/)
  const heads = lines.map((line) => HEAD.exec(line))
  const first = heads.find((head) => head)
  if (!first) return null
  return { name: first[1]?.trim() ?? null, text: lines.filter((_, at) => !heads[at]).join('\n').trim() }
}

/** Photos, voice notes and films among what was pasted or dropped. */
export const filesIn = (from: DataTransfer | null): File[] => [...(from?.files ?? [])].filter((file) => /^(image|audio|video)\//.test(file.type))
