// Which protocol questions want words and not a yes or no. The service takes any answer; the form offers the right keys for it.
export const OPEN_QUESTIONS: readonly string[] = [
  'where_exactly', 'how_many', 'description', 'direction', 'what_burns', 'what_happens', 'what_taken', 'when', 'since_when', 'height', 'last_seen', 'clothing', 'likely_places', 'to_which_account',
]
