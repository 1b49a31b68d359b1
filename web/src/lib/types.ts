// What the page shows, by short names. The shapes come from the description of the API (schema.ts); the browser only shows them.
export type {
  AgencyLine, AloneRow, AttachmentLine, CallLine, CallRow, CandidateRow, Catalogue, ChatLine, ClockRow, Course, CoverageRow, DeskRow, Figures, IncidentRow, LogLine, MeasureLine,
  Message, Pack, PointRow, PostLine, ProposalRow, ResponderRow, ShareRow, Shortfall, StationRow, SwapLine, UnitRow, VenueRow, ZoneRow,
} from './schema'
export type { Agency as AgencyRow, District as DistrictRow, IncidentType as TypeRow, Need as NeedRow } from './schema'

/** Who called: looked up for whoever has the incident, while it is open; each look is on record. */
export interface CallerLine { call_id: string; name: string | null; phone: string | null }
/** An open incident that a call may be about, and in what the two agree. */
export interface SimilarLine { incident_id: string; agrees: string[]; distance_m: number | null }
export interface EarlierLine { call_id: string; incident_id: string | null; at_s: number; channel: string; type: string | null; open: boolean; outcome: string | null; text: string | null }
export interface PlaceHit { name: string; name_en: string | null; sort: string; id: string; lon: number; lat: number; datum?: string }
