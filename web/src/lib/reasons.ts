// Why somebody did something: the service keeps a list of codes for each act. Words that are on none stand as the note of whoever decided.
import { code, words } from './i18n.svelte'

/** The sentences that an act's list offers, in the reader's language. */
export const reasonsOf = (act: string): string[] => (words.reasons[act] ?? []).map((each) => code('why', each))

/** The code of what somebody typed or picked, null where it is on no list. */
export const reasonCode = (act: string, said: string): string | null => (words.reasons[act] ?? []).find((each) => code('why', each) === said.trim()) ?? null

/** What is sent as the reason: a code where there is one, else the words. */
export const reason = (act: string, said: string): string => reasonCode(act, said) ?? said.trim()
