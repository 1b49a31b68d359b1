// The figures of a span, of the span before it and of the same one a year ago: asked for, never worked out here.
import { bytes, get } from '../../lib/api'
import type { Course, Figures } from '../../lib/types'

/** Name of a span → its hours and into how many steps its course is cut. */
export const SPANS = { day: [24, 24], week: [168, 28], month: [720, 30], year: [8760, 52] } as const
export type Span = keyof typeof SPANS
const YEAR_H = 8760
/** The promises in the order of the circle. */
export const CLOCKS = ['self_rescue', 'neighbour_aid', 'reinforcement', 'zone']
export const PHASES = ['answering', 'processing', 'turnout', 'travel', 'at_person', 'total']

export interface Found {
  now: Figures
  before: Figures
  year: Figures
  course: Course
}

const query = (hours: number, until_s: number): string => `hours=${hours}&until_s=${Math.round(until_s)}`

export async function load(span: Span, until_s: number): Promise<Found> {
  const [hours, steps] = SPANS[span]
  const of = (end_s: number): Promise<Figures> => get<Figures>(`/review?${query(hours, Math.max(0, end_s))}`)
  const [now, before, year, course] = await Promise.all([
    of(until_s), of(until_s - hours * 3600), of(until_s - YEAR_H * 3600), get<Course>(`/review/course?${query(hours, until_s)}&steps=${steps}`),
  ])
  return { now, before, year, course }
}

/** The same as a table for a spreadsheet. */
export const table = (span: Span, until_s: number): Promise<Blob> => bytes(`/review/table?${query(SPANS[span][0], until_s)}&steps=${SPANS[span][1]}`)

export const percent = (share: number | null | undefined): string => (share === null || share === undefined ? '–' : `${Math.round(share * 100)}%`)
