// Names in the reader's language: a team by its venue's, an incident's place by its venue's.
import { feed } from './feed.svelte'
import { code, districtName, nameOf, t } from './i18n.svelte'
import { session } from './session.svelte'
import { streets } from './streets.svelte'
import type { IncidentRow, ResponderRow, VenueRow } from './types'

/** A team's name; in English by its venue's English name where it has one. */
export function teamName(team_id: string | null, name: string): string {
  if (session.language !== 'en' || !team_id) return name
  return feed.venueOfTeam(team_id)?.name_en ?? name
}

/** Who a responder is: a crew by its call sign, a team or member by the team, a station by its name, an office by its word. */
export function responderName(row: ResponderRow): string {
  if (row.kind === 'unit') return row.name
  if (row.kind === 'team' || row.kind === 'member') return teamName(row.team_id ?? row.responder_id, row.name)
  const [office, where] = row.responder_id.includes(':') ? row.responder_id.split(':') : [row.kind, row.responder_id]
  const station = feed.stations.get(where ?? '')
  return [code('kind', office), station ? nameOf(station) : ''].filter(Boolean).join(' · ')
}

/** Where an incident is, as words. */
export function placeName(row: IncidentRow): string {
  const venue = row.venue_id ? feed.venues.get(row.venue_id) : undefined
  if (venue && (!row.place_text || row.place_text === venue.name)) return nameOf(venue)
  const text = row.place_text ?? row.venue_name
  if (text) return streets.named(text)
  return row.lon !== null && row.lat !== null ? spotName(row.lon, row.lat) : t('incident.unknown')
}

/** Where an incident is, for eyes that are not of the desk: a venue or what is near, never words that somebody typed; of what is nobody's business the district alone. */
export function openPlace(row: IncidentRow): string {
  if (row.restricted || row.confidential) return districtName(row.district)
  const venue = row.venue_id ? feed.venues.get(row.venue_id) : undefined
  if (venue) return nameOf(venue)
  return (row.lon !== null && row.lat !== null && besideName(row.lon, row.lat)) || districtName(row.district)
}

const NEAR_M = 400
const METRES_PER_DEGREE = 111_320
const nearest = new Map<string, { venue: VenueRow; metres: number } | null>()

/** A spot that nobody named: by the venue beside it, else by its degrees, so that it can be read out. */
const spotName = (lon: number, lat: number): string => besideName(lon, lat) ?? `${lat.toFixed(4)}, ${lon.toFixed(4)}`
function besideName(lon: number, lat: number): string | null {
  const key = `${lon},${lat},${feed.venues.size}`
  if (!nearest.has(key)) {
    if (nearest.size > 500) nearest.clear()
    nearest.set(key, besides(lon, lat))
  }
  const found = nearest.get(key)
  return found ? t('incident.near', { name: nameOf(found.venue), n: found.metres }) : null
}
function besides(lon: number, lat: number): { venue: VenueRow; metres: number } | null {
  const squeeze = Math.cos((lat * Math.PI) / 180)
  let best: { venue: VenueRow; metres: number } | null = null
  for (const venue of feed.venues.values()) {
    const metres = Math.hypot((venue.lon - lon) * squeeze, venue.lat - lat) * METRES_PER_DEGREE
    if (metres < (best?.metres ?? NEAR_M)) best = { venue, metres }
  }
  return best && { venue: best.venue, metres: Math.round(best.metres / 10) * 10 }
}
