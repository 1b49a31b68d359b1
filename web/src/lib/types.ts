// What the page shows, by short names. The shapes come from the description of the API (schema.ts); the browser only shows them.
export type {
  AgencyLine, AloneRow, AttachmentLine, CallLine, CallRow, CandidateRow, Catalogue, ClockRow, Course, CoverageRow, DeskRow, Figures, IncidentRow, LogLine, MeasureLine,
  Message, Pack, ProposalRow, ResponderRow, ShareRow, Shortfall, StationRow, UnitRow, VenueRow, ZoneRow,
} from './schema'
export type { Agency as AgencyRow, District as DistrictRow, IncidentType as TypeRow, Need as NeedRow } from './schema'

/** Who called: looked up for whoever has the incident, while it is open; each look is on record. */
export interface CallerLine { call_id: string; name: string | null; phone: string | null }
export interface PlaceHit { name: string; name_en: string | null; sort: string; id: string; lon: number; lat: number }
