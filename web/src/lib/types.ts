// The rows of the live feed, as docs/reference/feed.md describes them. The browser only shows them.
export interface ClockRow {
  clock: string; owner: string; target_s: number; started_s: number; due_s: number
  state: 'running' | 'met' | 'breached' | 'late' | 'stopped'
  since_call_s: number | null; since_alert_s: number | null; evidence: string | null; reason: string | null; binds: string
}
export interface ResponderRow {
  responder_id: string; kind: string; name: string; ring: string; mode: string | null; state: string
  alert_id: string | null; assignment_id: string | null; travel_s: number | null; role: string | null; task: string | null
  evidence: string | null; changed_s: number; team_id: string | null
}
export interface CandidateRow {
  responder_id: string; kind: string; name: string; ring: string; mode: string; travel_s: number; chance: number
  people: number; reasons: string[]; lon: number | null; lat: number | null
}
export interface Shortfall { ring: string; need: string; missing: number; code: string }
export interface LogLine { seq: number; at_s: number; occurred_s: number; kind: string; actor: string; params: Record<string, unknown> }
export interface CallLine { call_id: string; channel: string; at_s: number; text: string | null; has_caller: boolean; reasons: string[]; attached_s: number | null; confidential: boolean; told: { at_s: number; text: string }[] }
/** Who called: looked up for whoever has the incident, while it is open; each look is on record. */
export interface CallerLine { call_id: string; name: string | null; phone: string | null }
/** Another agency that was asked: `answer` is null, accepted, refused or silent. */
export interface AgencyLine { request_id: string; agency: string; mode: string; asked_s: number; due_s: number; answer: string | null }
export interface MeasureLine { measure: string; due_s: number; result: string | null }
/** A photo, voice note or film: `of` says whether it hangs on the incident or on one of its calls. */
export interface AttachmentLine { of: 'incidents' | 'calls'; subject_id: string; attachment_id: string; media: string; size: number; at_s: number; name: string | null }
export interface IncidentRow {
  id: string; label: string; type: string; priority: number; status: string; grade: string; zone: string; silent: boolean; desk_only: boolean
  restricted: boolean; gentle: boolean; level: number; surge: boolean; lon: number | null; lat: number | null; radius_m: number | null
  place_text: string | null; floor: number | null; venue_id: string | null; venue_name: string | null; district: string | null; opened_s: number; started_s: number; changed_s: number; changed: string[]
  seat: string | null; holder: string | null; callers_shown: boolean; commander: string | null; clocks: ClockRow[]; rings: Record<string, string>; responders: ResponderRow[]
  counts: { asked: number; accepted: number; en_route: number; arrived: number }
  recommendation: null | { policy: string; at_s: number; candidates: CandidateRow[]; shortfalls: Shortfall[] }
  calls: CallLine[]; calls_total: number; log: LogLine[]; said: Record<string, string>; advice: string[]; protocol: string[]; answers: Record<string, string>
  device: { device_id: string; calls: number; false: number } | null; posts_missing: string[]
  attachments: AttachmentLine[]; agencies: AgencyLine[]; measures: MeasureLine[]; transfer_to: string | null; safety: Record<string, boolean | null>; stand_down_s: number | null; report_due_s: number | null
  spoken: { code: string; params: Record<string, unknown> }; cancel_requested: boolean; escalation_step: number
}
export interface UnitRow {
  id: string; call_sign: string; kind: string; mode: string; status: string; on_duty: boolean; lon: number | null; lat: number | null
  fix_s: number | null; station_id: string; incident_id: string | null; stack: string[]; crew: number
}
export interface VenueRow {
  id: string; name: string; name_en: string | null; category: string; lon: number; lat: number; team_id: string | null
  on_duty: number; reachable: number; minimum: number; zone: string; well: boolean | null
}
export interface StationRow { id: string; name: string; name_en: string | null; kind: string; lon: number; lat: number }
export interface ZoneRow { id: string; name: string; zone_class: string; ring: [number, number][] }
export interface CallRow extends CallLine { id: string; unreadable: boolean; type: string | null; lon: number | null; lat: number | null }
export interface CoverageRow { shares: Record<string, number>; gaps: [number, number][]; computed_at_seq: number }
export interface ProposalRow { proposal_id: string; command: string; by: string; district: string; people: number; reason: string; at_s: number; until_s: number; unanswered: boolean }
export interface AloneRow { proposal_id: string; command: string; by: string; district: string; at_s: number; due_s: number; overdue: boolean }
export interface DeskRow {
  world: string; grade: string; grades: Record<string, string>; surge: number; timers_held: boolean; read_only?: boolean; caps?: Record<string, number>; clock_apart_s: number; failed_reactions: number
  roster: { shift: string; district: string | null; teams: number; people: number; crews: Record<string, number> }[]
  proposals?: ProposalRow[]
  alone?: AloneRow[]
  counts: { incidents: number; calls: number | null; units_on_duty: number; units_busy: number; teams_on_duty: number; members_on_duty: number }
}
export interface NeedRow { level: number; units: Record<string, number>; sworn: number; skills: string[] }
export interface TypeRow { code: string; priority: number; rings: Record<string, string>; protocol: string[]; advice: string[]; synonyms?: string[]; needs: NeedRow[] }
export interface AgencyRow { agency_id: string; name: string; name_en: string | null }
export interface DistrictRow { district_id: string; name: string; name_en: string | null; parent: string | null }
export interface Catalogue { types: TypeRow[]; agencies: AgencyRow[]; districts: DistrictRow[]; messages: Record<string, string>; bbox: [number, number, number, number] | null; role: string; seat: string | null }
export interface PlaceHit { name: string; name_en: string | null; sort: string; id: string; lon: number; lat: number }
