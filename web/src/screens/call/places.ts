// Places by name, crossings and coordinates, from the service's gazetteer.
import { get } from '../../lib/api'
import type { PlaceHit } from '../../lib/types'

const MOST = 64

/** Places whose name holds the words, best first; nothing where there is no connection. */
export async function findPlaces(words: string): Promise<PlaceHit[]> {
  if (!words.trim()) return []
  const found = await get<{ places: PlaceHit[] }>(`/search?q=${encodeURIComponent(words.trim().slice(0, MOST))}`).catch(() => null)
  return found?.places ?? []
}
