// Lengths and areas as people say them.
import { session } from '../../lib/session.svelte'

const number = (value: number, digits: number): string => value.toLocaleString(session.language === 'en' ? 'en-GB' : 'zh-CN', { maximumFractionDigits: digits })

export function metres(value: number): string {
  if (value < 995) return `${number(value, 0)} m`
  return `${number(value / 1000, value < 99_500 ? 2 : 0)} km`
}

export function squareMetres(value: number): string {
  return value < 99_500 ? `${number(value, 0)} m²` : `${number(value / 1e6, 2)} km²`
}
