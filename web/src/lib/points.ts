// Must-visit points in words: the service says for how long its last word of a point stands; after that the point is open again.
import { feed } from './feed.svelte'
import { code, t } from './i18n.svelte'
import type { PointRow } from './types'

export const STATES = ['open', 'visited', 'left_out'] as const
export type PointState = (typeof STATES)[number]

export const stateOf = (row: PointRow, now_s: number): PointState => (row.until_s !== null && row.until_s > now_s ? (row.state as PointState) : 'open')

const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
export const windowOf = (row: PointRow): string => t('points.window', { from: clock(row.from_min), until: clock(row.until_min) })

export const byTime = (rows: Iterable<PointRow>): PointRow[] => [...rows].sort((a, b) => a.from_min - b.from_min || a.name.localeCompare(b.name))

/** What is known of the point in this turn: when and how it was passed, or why it is left out. */
export function saidOf(row: PointRow, now_s: number): string {
  const state = stateOf(row, now_s)
  if (state === 'open' || row.at_s === null) return code('point', state)
  const time = new Date(row.at_s * 1000).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false })
  const crew = row.unit_id ? (feed.units.get(row.unit_id)?.call_sign ?? row.unit_id) : ''
  return [code('point', state), time, crew, state === 'visited' ? code('evidence', row.evidence) : code('why', row.why), row.said ?? ''].filter(Boolean).join(' · ')
}
