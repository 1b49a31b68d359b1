// Written by `make docs` from the description of the API (/openapi.json); do not edit.
export interface AcceptAlertAccept {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  role?: string | null
}
export interface ActAloneAlone {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
}
export interface AddNoteNote {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  note: string
  about?: string
}
export interface AdoptPolicyAdopt {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  compared_on?: string
}
export interface Agency {
  agency_id: string
  name: string
  name_en: string | null
  answer_within_s: number
  phone: string | null
}
export interface AgencyLine {
  request_id: string
  agency: string
  mode: string
  asked_s: number
  due_s: number
  answer: string | null
}
export interface AgreeShareAgree {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface AlertDeliveredDelivered {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  channel?: string
}
export interface AlertFailedFailed {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  channel: string
  problem?: string
}
export interface AlertSeenSeen {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface AloneRow {
  proposal_id: string
  command: string
  by: string
  district: string
  at_s: number
  due_s: number
  overdue: boolean
}
export interface AmendCallCallId {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  type_code?: string | null
  venue_id?: string | null
  silent?: boolean | null
  language?: string | null
  place?: Place | null
  caller_name?: string | null
  caller_phone?: string | null
  text?: string | null
}
export interface AmendIncidentAmend {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  type_code?: string | null
  priority?: number | null
  venue_id?: string | null
  silent?: boolean | null
  place?: Place | null
  summary?: string | null
}
export interface Anchored {
  seq: number
  command_id: string
  contradicts?: string | null
  key_before?: string | null
}
export interface Answer {
  approved: boolean
}
export interface AnswerAgencyAgencyAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  request_id: string
  answer: string
  external_id?: string | null
}
export interface AnswerComplaintAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  result: string
  note?: string | null
}
export interface AnswerDrillAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  team_id: string
  evidence?: string
}
export interface AnswerProtocolAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  question: string
  answer: string
}
export interface AnswerReportReply {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  answer: string
}
export interface AnswerSafetySafety {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  safe: boolean
  responder_id?: string | null
}
export interface AnswerSpotCallAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  team_id: string
  on_duty: number
  evidence?: string
}
export interface AnswerTransferTransferAnswer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  accepted: boolean
}
export interface AnswerWelfareWelfare {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  well: boolean
  responder_id?: string | null
  evidence?: string | null
}
export interface Ask {
  kind: 'volunteer' | 'resident'
  label: string
  team_id?: string | null
  district?: string | null
}
export interface AskAgencyAgency {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  agency: string
  mode?: string
}
export interface AskHelpHelp {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  what?: string
  silent?: boolean
}
export interface AttachCallAttach {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  incident_id: string
}
export interface AttachmentLine {
  of: 'incidents' | 'calls'
  subject_id: string
  attachment_id: string
  media: string
  size: number
  at_s: number
  name: string | null
}
export interface Back {
  code: string
  state: string
}
export interface Breaking {
  subject_id: string
  reason: string
  incident_id?: string | null
  note?: string | null
}
export interface CallBackLine {
  promise_id: string
  what: string
  due_s: number
}
export interface CallLine {
  call_id: string
  channel: string
  at_s: number
  text: string | null
  has_caller: boolean
  language: string | null
  reasons: string[]
  attached_s: number | null
  problems: string[]
  news: string[]
  called_back: string | null
  attachments: number
  form: string | null
  confidential: boolean
  told: ToldLine[]
  promises: CallBackLine[]
}
export interface CallMusterCall {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  shift: string
  due_s: number
  until_s: number
  district?: string | null
}
export interface CallRow {
  call_id: string
  channel: string
  at_s: number
  text: string | null
  has_caller: boolean
  language: string | null
  reasons: string[]
  attached_s: number | null
  problems: string[]
  news: string[]
  called_back: string | null
  attachments: number
  form: string | null
  confidential: boolean
  told: ToldLine[]
  promises: CallBackLine[]
  id: string
  unreadable: boolean
  seat: string | null
  type: string | null
  venue_id: string | null
  lon: number | null
  lat: number | null
  silent: boolean
  district: string | null
  station_id: string | null
}
export interface CandidateRow {
  responder_id: string
  kind: string
  name: string
  ring: string
  mode: string
  travel_s: number
  chance: number
  people: number
  reasons: string[]
  fix_s: number | null
  lon: number | null
  lat: number | null
}
export interface Catalogue {
  types: IncidentType[]
  agencies: Agency[]
  districts: District[]
  messages: Record<string, string>
  bbox: [number, number, number, number] | null
  role: string
  seat: string | null
}
export interface ChatLine {
  seq: number
  at_s: number
  from_desk: boolean
  unit_id: string | null
  team_id: string | null
  text: string
}
export interface CheckInCheckIn {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  member_id: string
  shift?: string
  method?: string
}
export interface CheckOutCheckOut {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  member_id: string
}
export interface Claim {
  claim: string
}
export interface ClaimCallClaim {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat?: string | null
  take_over?: boolean
}
export interface ClaimIncidentClaim {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat?: string | null
  take_over?: boolean
}
export interface ClockRow {
  clock: string
  owner: string
  target_s: number
  started_s: number
  due_s: number
  state: 'running' | 'met' | 'breached' | 'late' | 'stopped'
  since_call_s: number | null
  since_alert_s: number | null
  evidence: string | null
  reason: string | null
  binds: string
  responder_id: string | null
}
export interface CloseCallClose {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  outcome: string
  note_code?: string | null
}
export interface CloseIncidentClose {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  outcome: string
  type_code?: string | null
  handed_to?: string | null
  note?: string | null
}
export interface ConfirmClockConfirmClock {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  desk: string
}
export interface ConfirmProposalConfirm {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface Correction {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  subject_id: string
  values: Record<string, string>
  reason: 'request_of_person' | 'document' | 'called_back' | 'entered_by_mistake'
  note?: string | null
}
export interface Counts {
  asked: number
  accepted: number
  en_route: number
  arrived: number
}
export interface Course {
  from_s: number
  step_s: number
  cut: boolean
  steps: StepFigures[]
}
export interface CoverageRow {
  shares: Record<string, number>
  metres: number
  gaps: [number, number][]
  computed_at_seq: number
  units?: number
}
export interface DeclineAlertDecline {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason_code?: string | null
}
export interface DeskCounts {
  incidents: number
  calls: number | null
  units_on_duty: number
  units_busy: number
  teams_on_duty: number
  members_on_duty: number
}
export interface DeskRow {
  world: string
  grade: string
  grades: Record<string, string>
  surge?: number
  clock_apart_s: number
  timers_held: boolean
  failed_reactions: number
  reviews_late: number
  caps: Record<string, number>
  read_only?: boolean
  roster: RosterLine[]
  proposals: ProposalRow[]
  alone: AloneRow[]
  shares: ShareRow[]
  counts: DeskCounts
}
export interface DetachCallDetach {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason_code?: string | null
}
export interface DeviceLine {
  device_id: string
  calls: number
  false: number
}
export interface DispatchDispatch {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  responder_ids: string[]
  reason_code?: string | null
  reason?: string | null
  divert?: boolean
  open_gate?: boolean
}
export interface District {
  district_id: string
  name: string
  name_en: string | null
  parent: string | null
  plan_id: string
  grade: string
}
export interface Done {
  seq: number
  command_id: string
  call_id?: string | null
  incident_id?: string | null
  task_id?: string | null
  request_id?: string | null
  promise_id?: string | null
  roll_id?: string | null
  spot_id?: string | null
  drill_id?: string | null
  hand_over_id?: string | null
  recall_id?: string | null
  assignment_id?: string | null
  hold_id?: string | null
  proposal_id?: string | null
  share_id?: string | null
  attachment_id?: string | null
  access_id?: string | null
  complaint_id?: string | null
  alerts?: number | null
  erased?: number | null
  forms?: string[] | null
  problems?: string[] | null
}
export interface EndDrillEnd {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason?: string
}
export interface EndRollEnd {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface EndShareEnd {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface Erasure {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  subject_ids: string[]
  reason: 'request_of_person' | 'retention' | 'entered_by_mistake' | 'order'
}
export interface Export {
  subject_id: string
}
export interface Figures {
  from_s: number
  until_s: number
  cut: boolean
  incidents: number
  closed: number
  intervals: Record<string, Spread>
  promises: Record<string, PromiseFigures>
  outcomes: Record<string, number>
}
export interface FindingLine {
  incident_id: string
  clock: string
  cause: string
  reason: string | null
  over_s: number
  remedy: string
}
export interface FinishTaskDone {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  result?: string
  note?: string | null
}
export interface FirstCode {
  code: string
}
export interface Fix {
  lon: number
  lat: number
  accuracy_m?: number
}
export interface GiveFeedbackFeedback {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  found: string
  note?: string | null
}
export interface GiveRole {
  role: string
  unit_id?: string | null
  team_id?: string | null
  seat?: string | null
  district?: string | null
}
export interface Head {
  form?: 'firstminute-head-1'
  desk: string
  world: 'live' | 'exercise' | 'twin'
  seq: number
  tree: string
  chain: string
  at_s: number
  hashes: string
  key_id: string
  public_key: string
  signature: string
  peaks?: string[]
  new_key?: boolean
}
export interface HearTestHeard {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  member_id: string
}
export interface Here {
  seat?: string | null
}
export interface Hold {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  subject_ids: string[]
  reason: 'court' | 'investigation' | 'complaint' | 'audit' | 'order'
  note?: string | null
}
export interface IncidentRow {
  id: string
  label: string
  type: string
  priority: number
  status: string
  grade: string
  zone: string
  district: string | null
  station_id: string | null
  silent: boolean
  desk_only: boolean
  restricted: boolean
  gentle: boolean
  confidential: boolean
  level: number
  surge: boolean
  lon: number | null
  lat: number | null
  radius_m: number | null
  place_kind: string | null
  place_text: string | null
  place_source: string | null
  place_known_s: number | null
  floor: number | null
  venue_id: string | null
  venue_name: string | null
  own_venue_team: string | null
  opened_s: number
  started_s: number
  kept_outside_s: number
  changed_s: number
  changed: string[]
  seat: string | null
  holder: string | null
  callers_shown: boolean
  commander: string | null
  commanders: Record<string, string>
  clocks: ClockRow[]
  rings: Record<string, string>
  responders: ResponderRow[]
  counts: Counts
  recommendation: RecommendationRow | null
  calls: CallLine[]
  calls_total: number
  advice: string[]
  warned: WarnedLine | null
  protocol: string[]
  device: DeviceLine | null
  posts: PostLine[]
  posts_missing: string[]
  answers: Record<string, string>
  agencies: AgencyLine[]
  measures: MeasureLine[]
  attachments: AttachmentLine[]
  transfer_to: string | null
  escalation_step: number
  cancel_requested: boolean
  stand_down_s: number | null
  safety: Record<string, boolean | null>
  welfare: Record<string, unknown>
  report_due_s: number | null
  spoken: Spoken
  log: LogLine[]
  said: Record<string, string>
  chat: ChatLine[]
  swap: SwapLine | null
}
export interface IncidentType {
  code: string
  priority: number
  rings: Record<string, string>
  needs: Need[]
  hazard: string
  protocol: string[]
  advice: string[]
  desk_measures: string[]
  gentle: boolean
  restricted: boolean
  welfare_s: number | null
  merge_radius_m: number
  merge_within_s: number
  synonyms: string[]
}
export interface Join {
  code: string
  label: string
  pin?: string | null
}
export interface Leads {
  station_id: string
}
export interface LeaveOutPointLeftOut {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
  unit_id?: string | null
  note?: string | null
}
export interface LiftKeepAwayLift {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
  note?: string | null
}
export interface Lock {
  left?: boolean
}
export interface LogLine {
  seq: number
  at_s: number
  occurred_s: number
  kind: string
  actor: string
  params: Record<string, unknown>
}
export interface MakePromisePromise {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  what: string
  within_s: number
}
export interface MeasureLine {
  measure: string
  due_s: number
  result: string | null
}
export interface Message {
  id: string
  to: string
  reason: string
  about: string
  code: string
  params: Record<string, unknown>
  more: string[]
  text: string
  language: string
  silent: boolean
  exercise: boolean
  expires_s: number
  district: string | null
}
export interface MoveSeatMove {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat: string
  to_seat: string
  incident_ids?: string[]
}
export interface Need {
  level: number
  units: Record<string, number>
  sworn: number
  skills: string[]
}
export interface NewAccount {
  role: string
  unit_id?: string | null
  team_id?: string | null
  seat?: string | null
  district?: string | null
  name: string
}
export interface NewCard {
  pem: string
}
export interface NewPasskey {
  label: string
  passkey: PasskeyAnswer
}
export interface NewPassword {
  password: string
  new: string
}
export interface NewPin {
  pin: string
  old?: string | null
  password?: string | null
}
export interface NoteRoomLog {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  note: string
  about?: string
  seat?: string | null
}
export interface OfferHandOverHandOver {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat: string
  from_person: string
  to_person: string
  faults?: string[]
  note?: string | null
}
export interface OfferShareShares {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  to_district: string
  lasts_s: number
  reason: string
  incident_id?: string | null
  district?: string | null
  note?: string | null
}
export interface OfferTransferTransfer {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  to_district: string
  reason: string
  note?: string | null
}
export interface OpenCode {
  most?: number
}
export interface OpenRingRing {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  ring: string
}
export interface Opening {
  subject_id: string
  purpose?: string | null
  incident_id?: string | null
  file_id?: string | null
}
export interface Pack {
  incident: PackedIncident
  centre: [number, number] | null
  phases: Record<string, number>
  promises: PromiseLine[]
  table: WayLine[]
  alerts: Record<string, number>
  findings: FindingLine[]
  log: LogLine[]
  plan: PackedPlan
  circle: Record<string, unknown> | null
}
export interface PackedIncident {
  incident_id: string
  type_code: string
  priority: number
  grade: string
  zone: string
  district: string | null
  venue_id: string | null
  silent: boolean
  started_s: number
  closed_s: number | null
  outcome: string | null
}
export interface PackedPlan {
  plan_id: string
  policy: string | null
  rings: Record<string, string>
  needs: Need[]
  advice: string[]
  shortfalls: Shortfall[]
}
export interface PasskeyAnswer {
  id: string
  rawId: string
  type: string
  response: Record<string, string | string[] | number | null>
}
export interface Pin {
  pin?: string | null
}
export interface Place {
  kind?: 'point' | 'line' | 'area'
  points: [number, number][]
  radius_m?: number
  source?: 'caller' | 'map' | 'venue' | 'address' | 'device' | 'network' | 'dispatcher' | 'crew' | 'unknown'
  known_s?: number
  floor?: number
  address?: string | null
  private?: boolean
}
export interface PlaceCode {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  code: string
}
export interface PointRow {
  id: string
  name: string
  name_en: string | null
  lon: number
  lat: number
  district: string | null
  station_id: string
  from_min: number
  until_min: number
  note: string | null
  crews: string[]
  state: string
  until_s: number | null
  at_s: number | null
  unit_id: string | null
  evidence: string | null
  why: string | null
  said: string | null
}
export interface PostLine {
  name: string
  what: string
  lon: number | null
  lat: number | null
}
export interface ProblemDetails {
  type: string
  title: string
  status: number
  code: string
  params: Record<string, unknown>
  instance: string
  errors?: Record<string, unknown>[] | null
}
export interface PromiseFigures {
  count: number
  kept: number
  share: number | null
  low: number | null
  high: number | null
  target_s: number[]
  headline: Share
  told: Share
  found_by_team: number
  since_call: Spread
  since_alert: Spread
  reasons: Record<string, number>
}
export interface PromiseLine {
  clock: string
  target_s: number
  state: string
  reason: string | null
  reading_s: number | null
  alert_reading_s: number | null
  evidence: string | null
  proven: boolean | null
}
export interface ProposalRow {
  proposal_id: string
  command: string
  by: string
  district: string
  people: number
  reason: string
  at_s: number
  until_s: number
  alone_s: number | null
  unanswered: boolean
}
export interface Prove {
  password: string
}
export interface Purpose {
  purpose?: string | null
  incident_id?: string | null
  file_id?: string | null
}
export interface RadioWordsWords {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  line: string
}
export interface RaiseLevelLevel {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  level: number
  reason: string
  note?: string | null
}
export interface RecallRecall {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
  team_ids?: string[]
  unit_ids?: string[]
  note?: string | null
}
export interface RecommendRecommend {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface RecommendationRow {
  policy: string
  at_s: number
  digest: string
  candidates: CandidateRow[]
  shortfalls: Shortfall[]
}
export interface RecordCallbackCallback {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  result: string
  promise_id?: string | null
  keeps_all?: boolean
}
export interface RecordComplaintComplaints {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  about: string
  channel?: string
  incident_id?: string | null
  district?: string | null
  note?: string | null
}
export interface RefuseProposalRefuse {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface Release {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  hold_id: string
  reason: 'closed' | 'decided' | 'held_by_mistake' | 'order'
  note?: string | null
}
export interface ReleaseAssignmentRelease {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason_code?: string
}
export interface Renewal {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  subject_ids: string[]
  reason: 'routine' | 'leaked' | 'long_used' | 'order'
}
export interface ReopenIncidentReopen {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
  note?: string | null
}
export interface ReportArrivedArrived {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  evidence?: string | null
}
export interface ReportClearedCleared {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  evidence?: string | null
  safe?: boolean | null
}
export interface ReportEnRouteEnRoute {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  evidence?: string | null
}
export interface ReportKitKit {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  team_id: string
  kit: string[]
  out_of_date?: string[]
}
export interface ReportPersonReachedPersonReached {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  evidence?: string | null
}
export interface RequestCancelCancelRequest {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  by?: string
  pin?: string | null
  duress?: boolean
}
export interface ReserveFormsForms {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat?: string | null
  count: number
}
export interface ResponderRow {
  responder_id: string
  kind: string
  team_id: string | null
  name: string
  ring: string
  mode: string | null
  state: string
  alert_id: string | null
  assignment_id: string | null
  travel_s: number | null
  role: string | null
  task: string | null
  evidence: string | null
  changed_s: number
  sent_s?: number
  expires_s?: number
  round?: number
  assigned_s?: number
  arrived_s?: number | null
  how?: string
}
export interface ReviewAloneReview {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  verdict: string
  note?: string | null
}
export interface ReviewGlassReview {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  result: string
  note?: string | null
}
export interface ReviewIncidentReview {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  findings: string[]
  note?: string | null
}
export interface RollRow {
  team_id: string
  shift: string
  on_duty?: number | null
  reachable?: number | null
  method?: string
  well?: boolean
  remark_code?: string | null
  note?: string | null
  member_ids?: string[]
  until_s?: number | null
  roll_id?: string | null
}
export interface RosterLine {
  shift: string
  district: string | null
  teams: number
  people: number
  crews: Record<string, number>
}
export interface SaySay {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  note: string
}
export interface Search {
  actor?: string | null
  subject_id?: string | null
  kinds?: string[]
  since?: string | null
  until?: string | null
  after?: number
  most?: number
  proofs?: boolean
}
export interface SelfAttachSelfAttach {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  unit_id: string
  on_scene?: boolean
  evidence?: string | null
}
export interface SendKeepAwayKeepAway {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  radius_m: number
  reason: string
  note?: string | null
  advice?: string[]
}
export interface SetPostPost {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  what: string
  name: string
  place?: Place | null
}
export interface SetTaskTasks {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  what: string
  owner: string
  within_s: number
  incident_id?: string | null
  team_id?: string | null
  note?: string | null
}
export interface SetUnitStatusStatus {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  status: string
  reason?: string | null
  until_s?: number | null
  note?: string | null
}
export interface SetUp {
  link: string
  name?: string | null
  password?: string | null
  code?: string | null
  card?: boolean
}
export interface Share {
  count: number
  kept: number
  share: number | null
  low: number | null
  high: number | null
}
export interface ShareRow {
  share_id: string
  district: string
  to_district: string
  incident_id: string | null
  until_s: number
  agreed: boolean
}
export interface Shortfall {
  ring: string
  need: string
  missing: number
  code: string
}
export interface SignHandOverSign {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  seat: string
  person: string
}
export interface SignIn {
  name?: string | null
  password?: string | null
  ticket?: string | null
  code?: string | null
  passkey?: PasskeyAnswer | null
  card?: boolean
  role?: string | null
}
export interface Spoken {
  code: string
  params: Record<string, unknown>
}
export interface Spread {
  count: number
  p50_s: number | null
  p90_s: number | null
}
export interface StandDownStandDown {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason: string
  note?: string | null
}
export interface StartPullTestPullTest {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  team_ids?: string[]
  district?: string | null
  within_s?: number
  form?: string
  drill_id?: string | null
}
export interface StartSpotCallSpot {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  within_s?: number
  count?: number
  team_ids?: string[]
  district?: string | null
  spot_id?: string | null
}
export interface StationRow {
  id: string
  name: string
  name_en: string | null
  kind: string
  lon: number
  lat: number
  district: string | null
  reserve: number
}
export interface StepFigures {
  from_s: number
  incidents: number
  promises: Record<string, Share>
  total: Spread
}
export interface SwapCrewsSwap {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  with_unit_id: string
}
export interface SwapLine {
  assignment_id: string
  instead_of: string
  unit_id: string
  name: string
  travel_s: number
  saves_s: number
  at_s: number
}
export interface Switch {
  account_id?: string | null
  pin?: string | null
  badge?: string | null
}
export interface SwitchGradeGrade {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  grade: string
  reason: string
  district?: string
  note?: string | null
}
export interface TakeCommandCommand {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  commander_id?: string | null
  tier?: string
  handed_over_by?: string | null
}
export interface TakeMeasureMeasure {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  measure: string
  result?: string
}
export interface TakeRollRolls {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  team_id: string
  shift: string
  on_duty?: number | null
  reachable?: number | null
  method?: string
  well?: boolean
  remark_code?: string | null
  note?: string | null
  member_ids?: string[]
  until_s?: number | null
  roll_id?: string | null
}
export interface TakeRollsBatch {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  rolls: RollRow[]
}
export interface ToldLine {
  at_s: number
  text: string
}
export interface UndoDispatchUndoDispatch {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  responder_ids: string[]
  reason_code?: string | null
}
export interface UnitOffDutyOffDuty {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
}
export interface UnitOnDutyOnDuty {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  shift?: string
  crew?: number | null
  sworn?: number | null
  station_id?: string | null
}
export interface UnitRow {
  id: string
  call_sign: string
  kind: string
  mode: string
  status: string
  on_duty: boolean
  lon: number | null
  lat: number | null
  fix_s: number | null
  station_id: string
  district: string | null
  incident_id: string | null
  serves: string | null
  crew: number
  stack: string[]
}
export interface Unlock {
  pin?: string | null
  password?: string | null
  passkey?: PasskeyAnswer | null
  by?: string | null
}
export interface VenueRow {
  id: string
  name: string
  name_en: string | null
  category: string
  lon: number
  lat: number
  zone: string
  district: string | null
  station_id: string | null
  floors: number
  team_id: string | null
  minimum: number
  on_duty: number
  reachable: number
  well: boolean | null
  until_s: number | null
}
export interface VisitPointVisited {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  unit_id?: string | null
  evidence?: string | null
}
export interface WarnedLine {
  at_s: number
  by: string
  radius_m: number
  advice: string[]
  venues: number
  reason_code: string
}
export interface WayLine {
  name: string
  responder_id: string
  kind: string
  ring: string
  assigned_s: number
  en_route_s: number | null
  arrived_s: number | null
  reached_s: number | null
  evidence: string | null
  source: string
}
export interface Ways {
  channels?: string[] | null
  phone?: string | null
  push?: string | null
  language?: string | null
}
export interface WithdrawAlertWithdraw {
  occurred_at?: string | null
  time_source?: 'system' | 'device' | 'radio' | 'typed' | 'paper'
  exercise?: boolean
  reason_code?: string
}
export interface ZoneRow {
  id: string
  name: string
  zone_class: string
  district: string | null
  ring: [number, number][]
}
