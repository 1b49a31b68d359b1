// Places by name from the service's gazetteer, or a pair of degrees as somebody read it out.
import { get } from '../../lib/api'
import type { PlaceHit } from '../../lib/types'

const MOST = 64

/** Places whose name holds the words, best first; nothing where there is no connection. */
export async function findPlaces(words: string): Promise<PlaceHit[]> {
  if (!words.trim()) return []
  const found = await get<{ places: PlaceHit[] }>(`/search?q=${encodeURIComponent(words.trim().slice(0, MOST))}`).catch(() => null)
  return found?.places ?? []
}

/** The point that `lon,lat` names, null where the words are no pair of degrees. */
export function pointIn(words: string): PlaceHit | null {
  const found = /^\s*(-?\d+\.\d+)\s*[,，\s]\s*(-?\d+\.\d+)\s*$/.exec(words)
  if (!found) return null
  const [lon, lat] = [Number(found[1]), Number(found[2])]
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { name: `${lon}, ${lat}`, name_en: null, sort: 'point', id: '', lon, lat } : null
}
