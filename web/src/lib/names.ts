// Names in the reader's language: a team by its venue's, an incident's place by its venue's.
import { feed } from './feed.svelte'
import { nameOf, t } from './i18n.svelte'
import { session } from './session.svelte'
import type { IncidentRow } from './types'

/** A team's name; in English by its venue's English name where it has one. */
export function teamName(team_id: string | null, name: string): string {
  if (session.language !== 'en' || !team_id) return name
  return feed.venueOfTeam(team_id)?.name_en ?? name
}

/** Where an incident is, as words. */
export function placeName(row: IncidentRow): string {
  const venue = row.venue_id ? feed.venues.get(row.venue_id) : undefined
  if (venue && (!row.place_text || row.place_text === venue.name)) return nameOf(venue)
  return row.place_text ?? row.venue_name ?? t('incident.unknown')
}
