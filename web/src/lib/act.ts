// What a dispatcher does, one function a key; each is one request, and what became of it comes back by the feed.
import { ApiProblem, get, post } from './api'
import { choice } from './choice.svelte'
import { t } from './i18n.svelte'
import { reason, reasonCode } from './reasons'
import { session } from './session.svelte'
import { attempt, tell } from './tell.svelte'
import type { CandidateRow, IncidentRow, PlaceHit, ResponderRow } from './types'

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

const about = (row: IncidentRow, what: string, body: unknown = {}, done?: string): Promise<boolean> => attempt(() => post(`/incidents/${row.id}/${what}`, body), done)

/** Sends them; for ten seconds one key takes it back without a word. */
export async function send(row: IncidentRow, responder_ids: string[], why = ''): Promise<boolean> {
  const sent = await about(row, 'dispatch', { responder_ids, ...(why ? overriding(why) : {}) })
  if (sent) tell.say(t('toast.sent', { n: responder_ids.length }), { label: t('toast.undo'), act: () => void undoDispatch(row, responder_ids) })
  return sent
}
export const undoDispatch = (row: IncidentRow, responder_ids: string[], reason_code = ''): Promise<boolean> =>
  about(row, 'undo-dispatch', { responder_ids, ...(reason_code ? { reason_code } : {}) }, t('toast.undone'))

function overriding(why: string): { reason_code: string; reason?: string } {
  const listed = reasonCode('override', why)
  return listed ? { reason_code: listed } : { reason_code: 'dispatcher', reason: why }
}

export async function sendFirst(row: IncidentRow | null): Promise<void> {
  const best = row && first(row)
  if (row && best) await send(row, [best.responder_id])
  else if (row) tell.say(t('toast.nobody'))
}

/** The chosen incident; where none is chosen, the first that sounds because nobody has it. */
export async function claim(row: IncidentRow | null): Promise<void> {
  const wanted = row ?? choice.alarms[0]
  if (!wanted) return
  if (choice.incident_id !== wanted.id) choice.choose(wanted.id)
  try {
    await post(`/incidents/${wanted.id}/claim`, { seat: session.seat })
  } catch (error) {
    // Another seat has had it for longer than the grace: taking it over is a second, deliberate act.
    if (error instanceof ApiProblem && error.code === 'incident_claimed') tell.offer(error.message, { label: t('incident.takeover'), act: () => void takeOver(wanted) })
    else tell.problem(error)
    return
  }
  tell.say(t('toast.claimed'))
}
const takeOver = (row: IncidentRow): Promise<boolean> => about(row, 'claim', { seat: session.seat, take_over: true }, t('toast.claimed'))

/** The crew on its way goes back to what it did, the nearer one goes in its place. */
export async function swap(row: IncidentRow | null): Promise<void> {
  const found = row?.swap
  if (found) await attempt(() => post(`/assignments/${found.assignment_id}/swap`, { with_unit_id: found.unit_id }), t('toast.swapped', { name: found.name }))
}
export const sayToScene = (row: IncidentRow, words: string): Promise<boolean> => about(row, 'say', { note: words })
export const setPost = (row: IncidentRow, what: string, name: string, point: { lon: number; lat: number } | null): Promise<boolean> =>
  about(row, 'post', { what, name, ...(point ? { place: { points: [[point.lon, point.lat]], source: 'map' } } : {}) }, t('toast.post', { name }))
export const takeCommand = (row: IncidentRow, commander_id: string, tier: string, from: string): Promise<boolean> =>
  about(row, 'command', { commander_id, tier, ...(from ? { handed_over_by: from } : {}) }, t('toast.command', { name: commander_id }))

export const openRing = (row: IncidentRow, ring: string): Promise<boolean> => about(row, 'ring', { ring })
export const rankAgain = (row: IncidentRow): Promise<boolean> => about(row, 'recommend')
export const heard = (row: IncidentRow, line: string): Promise<boolean> => about(row, 'words', { line }, line)
export const raiseLevel = (row: IncidentRow, level: number, why: string): Promise<boolean> => about(row, 'level', { level, reason: reason('level', why) }, t('toast.level', { n: level }))
/** What it is, and where, as the desk knows better; null where that stays. */
export const correct = (row: IncidentRow, type_code: string | null, at: PlaceHit | null): Promise<boolean> =>
  about(row, 'amend', {
    ...(type_code ? { type_code } : {}), ...(at?.sort === 'venue' ? { venue_id: at.id } : {}),
    ...(at ? { place: { points: [[at.lon, at.lat]], source: at.sort === 'venue' ? 'venue' : 'dispatcher', ...(at.sort === 'point' ? {} : { address: at.name }) } } : {}),
  }, t('toast.corrected'))
export const note = (row: IncidentRow, words: string, kind: string): Promise<boolean> => about(row, 'note', { note: words, about: kind }, t('toast.noted'))
export const askAgency = (row: IncidentRow, agency: string, mode: string): Promise<boolean> => about(row, 'agency', { agency, mode }, t('toast.agency'))
export const agencySaid = (row: IncidentRow, request_id: string, answer: string): Promise<boolean> => about(row, 'agency-answer', { request_id, answer })
export const transfer = (row: IncidentRow, to_district: string, why: string): Promise<boolean> => about(row, 'transfer', { to_district, reason: reason('transfer', why) }, t('toast.offered'))
export const transferSaid = (row: IncidentRow, accepted: boolean): Promise<boolean> => about(row, 'transfer-answer', { accepted })
export const measure = (row: IncidentRow, name: string, result: string): Promise<boolean> => about(row, 'measure', { measure: name, result })
/** Everybody may stop; for some seconds they can be called again. */
export async function standDown(row: IncidentRow, code: string): Promise<boolean> {
  const done = await about(row, 'stand-down', { reason: code })
  if (done) tell.say(t('toast.stooddown'), { label: t('toast.undo'), act: () => void reopen(row.id) })
  return done
}
/** Who was asked whether all is well and has not said so. */
export const unsafe = (row: IncidentRow): string[] => Object.entries(row.safety).flatMap(([responder_id, safe]) => (safe === true ? [] : [responder_id]))
export const safe = (row: IncidentRow, responder_id: string): Promise<boolean> => about(row, 'safety', { responder_id, safe: true })
export async function allSafe(row: IncidentRow | null): Promise<void> {
  for (const responder_id of row ? unsafe(row) : []) if (!(await safe(row as IncidentRow, responder_id))) return
}
export const reopen = (incident_id: string): Promise<boolean> => attempt(() => post(`/incidents/${incident_id}/reopen`, { reason: 'closed_by_mistake' }), t('toast.reopened'))

export const answerReport = (call_id: string, answer: string): Promise<boolean> => attempt(() => post(`/calls/${call_id}/reply`, { answer }), t('report.answered'))
export const undoMerge = (call_id: string): Promise<boolean> => attempt(() => post(`/calls/${call_id}/detach`, { reason_code: 'wrong_merge' }))

export interface Offer {
  incident_id?: string
  district?: string
  to_district: string
  lasts_s: number
}
export const offerShare = (said: Offer, why: string): Promise<boolean> => attempt(() => post('/shares', { ...said, reason: reason('share', why) }), t('toast.share.offered'))
export const agreeShare = (share_id: string): Promise<boolean> => attempt(() => post(`/shares/${share_id}/agree`), t('toast.share.agreed'))
export const endShare = (share_id: string): Promise<boolean> => attempt(() => post(`/shares/${share_id}/end`), t('toast.share.ended'))

/** Whom a keep-away notice would reach, and the phrases it may say, in both languages. */
export interface Reach {
  radius_m: number
  venues: number
  people: number
  second: boolean
  second_over: number
  most: number
  silent: boolean
  advice: string[]
  phrases: { code: string; words: Record<string, string> }[]
}
export const reach = (incident_id: string, radius_m: number): Promise<Reach> => get<Reach>(`/incidents/${incident_id}/keep-away?radius_m=${radius_m}`)
/** Tells people around; where a second person is wanted it waits and says so. */
export const keepAway = (row: IncidentRow, radius_m: number, advice: string[], why: string): Promise<boolean> =>
  attempt(async () => {
    const said = await post<{ proposal_id?: string }>(`/incidents/${row.id}/keep-away`, { radius_m, advice, reason: reason('keep_away', why) })
    tell.say(t(said.proposal_id ? 'toast.proposed' : 'toast.keepaway'))
  })
export const liftKeepAway = (row: IncidentRow, why: string): Promise<boolean> => about(row, 'keep-away/lift', { reason: reason('lift', why) }, t('toast.lifted'))

export const switchGrade = (grade: string, why: string, district: string): Promise<boolean> => attempt(() => post('/grade', { grade, reason: reason('grade', why), ...(district ? { district } : {}) }), t('toast.proposed'))

const pair = (proposal_id: string, what: string, body: unknown, done: string): Promise<boolean> => attempt(() => post(`/proposals/${proposal_id}/${what}`, body), done)
export const confirmed = (proposal_id: string): Promise<boolean> => pair(proposal_id, 'confirm', {}, t('toast.confirmed'))
export const refused = (proposal_id: string): Promise<boolean> => pair(proposal_id, 'refuse', {}, t('toast.refused'))
export const actAlone = (proposal_id: string, why: string): Promise<boolean> => pair(proposal_id, 'alone', { reason: why }, t('toast.alone'))
export const reviewed = (proposal_id: string, verdict: string): Promise<boolean> => pair(proposal_id, 'review', { verdict }, t('toast.reviewed'))

export const report = (who: ResponderRow, what: 'en-route' | 'arrived' | 'cleared'): Promise<boolean> =>
  attempt(() => post(`/assignments/${who.assignment_id}/${what}`, what === 'arrived' ? { evidence: 'radio' } : {}))

export interface Ending {
  outcome: string
  type_code: string
  note: string
  handed_to: string
}
/** The closing report; for some seconds it can be taken back. */
export async function close(row: IncidentRow, said: Ending): Promise<void> {
  const body = { outcome: said.outcome, type_code: said.type_code, ...(said.note ? { note: said.note } : {}), ...(said.handed_to ? { handed_to: said.handed_to } : {}) }
  if (!(await about(row, 'close', body))) return
  choice.panel = 'none'
  if (choice.incident_id === row.id) choice.choose(null)
  tell.say(t('toast.closed'), { label: t('toast.reopen'), act: () => void reopen(row.id) })
}
