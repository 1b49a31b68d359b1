// Responders as a dispatcher reads them: a crew is a line, the members of one team are one line with how many are where.
import { responderName } from '../../lib/names'
import type { ResponderRow } from '../../lib/types'

export const THERE = ['arrived', 'reached']
export const COMING = ['accepted', 'assigned', 'en_route']
export const GONE = ['declined', 'expired', 'failed', 'withdrawn', 'released', 'cleared', 'diverted']
export const RINGS = ['self_rescue', 'neighbour_aid', 'reinforcement']

export interface Line {
  key: string
  name: string
  unit_id: string | null
  people: ResponderRow[]
  /** How many are in which state, the furthest first. */
  states: [string, number][]
  /** Whose word would be typed next: the first on the way, else the first there. */
  next: ResponderRow | undefined
}

const weight = (state: string): number => (THERE.includes(state) ? 0 : COMING.includes(state) ? 1 : GONE.includes(state) ? 3 : 2)

/** The lines of one ring, who is there first. */
export function linesOf(responders: ResponderRow[], ring: string): Line[] {
  const lines = new Map<string, ResponderRow[]>()
  for (const each of responders) {
    if (each.ring !== ring) continue
    const key = each.kind === 'unit' ? each.responder_id : (each.team_id ?? each.responder_id)
    lines.set(key, [...(lines.get(key) ?? []), each])
  }
  return [...lines].map(([key, people]) => lineOf(key, people)).sort((a, b) => weight(a.states[0]?.[0] ?? '') - weight(b.states[0]?.[0] ?? ''))
}

function lineOf(key: string, people: ResponderRow[]): Line {
  const sorted = [...people].sort((a, b) => weight(a.state) - weight(b.state))
  const count = new Map<string, number>()
  for (const each of sorted) count.set(each.state, (count.get(each.state) ?? 0) + 1)
  const bound = sorted.filter((each) => each.assignment_id)
  const one = sorted[0]
  return {
    key, people: sorted, states: [...count], unit_id: one?.kind === 'unit' ? key : null,
    name: one ? responderName(one) : key,
    next: bound.find((each) => COMING.includes(each.state)) ?? bound.find((each) => THERE.includes(each.state)),
  }
}
