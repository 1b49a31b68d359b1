// Names in the reader's language: a team by its venue's, an incident's place by its venue's.
import { feed } from './feed.svelte'
import { code, nameOf, t } from './i18n.svelte'
import { session } from './session.svelte'
import { streets } from './streets.svelte'
import type { IncidentRow, ResponderRow } from './types'

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
  return text ? streets.named(text) : t('incident.unknown')
}
