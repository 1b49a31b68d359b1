// A card as one text to be read aloud: advice first, as on the card.
import type { Card } from './duty.svelte'
import { said, t } from './words.svelte'

export const placeOf = (card: Card): string => card.place_text || card.venue_name || t('card.place_unknown')

export function adviceOf(card: Card): string[] {
  const first = card.alert && ['inform', 'protect'].includes(card.alert.task) ? ['protect_separate_evacuate', 'you_choose'] : []
  return [...new Set([...first, ...card.advice])].map((code) => said('advice', code))
}

export const spoken = (card: Card): string => [...adviceOf(card), said('type', card.type), placeOf(card)].join('. ')
