// What a dispatcher does, one function a key; each is one request, and what became of it comes back by the feed.
import { post } from './api'
import { choice } from './choice.svelte'
import { t } from './i18n.svelte'
import { session } from './session.svelte'
import { attempt } from './tell.svelte'
import type { CandidateRow, IncidentRow, ResponderRow } from './types'

const OUT = ['declined', 'expired', 'withdrawn', 'failed', 'released', 'cleared']

/** Candidates that nobody has asked or sent yet, in the service's order. */
export function waiting(row: IncidentRow): CandidateRow[] {
  const bound = new Set(row.responders.filter((each) => !OUT.includes(each.state)).flatMap((each) => [each.responder_id, each.team_id]))
  return (row.recommendation?.candidates ?? []).filter((each) => !bound.has(each.responder_id))
}

export const recommended = (each: CandidateRow): boolean => each.reasons.includes('recommended')

/** The first crew that the service recommends and nobody has sent yet; where all are sent, the next one. */
export function first(row: IncidentRow): CandidateRow | undefined {
  const crews = waiting(row).filter((each) => each.kind === 'unit')
  return crews.find(recommended) ?? crews[0]
}

export const send = (row: IncidentRow, responder_ids: string[], reason = ''): Promise<boolean> =>
  attempt(
    () => post(`/incidents/${row.id}/dispatch`, { responder_ids, ...(reason ? { reason_code: 'dispatcher', reason } : {}) }),
    t('toast.sent', { n: responder_ids.length }),
  )

export async function sendFirst(row: IncidentRow | null): Promise<void> {
  const best = row && first(row)
  if (row && best) await send(row, [best.responder_id])
}

export const claim = (row: IncidentRow): Promise<boolean> =>
  attempt(() => post(`/incidents/${row.id}/claim`, { seat: session.seat }), t('toast.claimed'))

export const openRing = (row: IncidentRow, ring: string): Promise<boolean> => attempt(() => post(`/incidents/${row.id}/ring`, { ring }))

export const rankAgain = (row: IncidentRow): Promise<boolean> => attempt(() => post(`/incidents/${row.id}/recommend`))

export const heard = (row: IncidentRow, line: string): Promise<boolean> => attempt(() => post(`/incidents/${row.id}/words`, { line }), line)

export const standDown = (row: IncidentRow): Promise<boolean> => attempt(() => post(`/incidents/${row.id}/stand-down`, { reason: 'dispatcher' }))

export const undoMerge = (call_id: string): Promise<boolean> => attempt(() => post(`/calls/${call_id}/detach`, { reason_code: 'wrong_merge' }))

export const report = (who: ResponderRow, what: 'en-route' | 'arrived' | 'cleared'): Promise<boolean> =>
  attempt(() => post(`/assignments/${who.assignment_id}/${what}`, what === 'arrived' ? { evidence: 'radio' } : {}))

export async function close(row: IncidentRow, said: { outcome: string; type_code: string; note: string }): Promise<void> {
  const body = { outcome: said.outcome, type_code: said.type_code, ...(said.note ? { note: said.note } : {}) }
  if (await attempt(() => post(`/incidents/${row.id}/close`, body), t('toast.closed'))) {
    choice.panel = 'none'
    if (choice.incident_id === row.id) choice.choose(null)
  }
}
