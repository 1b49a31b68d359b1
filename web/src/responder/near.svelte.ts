// Where this phone is: asked of it and sent only while a task that its holder accepted is open on the screen, and never otherwise. The service keeps no position.
import { ApiProblem, post } from '../lib/api'
import { duty } from './duty.svelte'

const EVERY_MS = 5_000

class Near {
  distance_m = $state<number | null>(null)
  /** Whether the phone may be asked: unknown until its holder or an earlier yes says so. */
  allowed = $state(false)
  sending = $state(false)
  private last_ms = 0

  async look(): Promise<void> {
    const found = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null)
    this.allowed = found?.state === 'granted'
  }
  /** Watch while a task is open; gives back how to stop. */
  follow(assignment_id: string): () => void {
    if (!this.allowed || !navigator.geolocation) return () => undefined
    let watch = 0
    const begin = (): void => {
      if (document.visibilityState === 'visible' && !watch) watch = navigator.geolocation.watchPosition((at) => void this.tell(assignment_id, at), () => undefined, { enableHighAccuracy: true, maximumAge: 2_000 })
      this.sending = watch !== 0
    }
    const end = (): void => {
      if (watch) navigator.geolocation.clearWatch(watch)
      watch = 0
      this.sending = false
    }
    const turn = (): void => (document.visibilityState === 'visible' ? begin() : end())
    document.addEventListener('visibilitychange', turn)
    begin()
    return () => {
      document.removeEventListener('visibilitychange', turn)
      end()
      this.distance_m = null
      this.last_ms = 0
    }
  }
  private async tell(assignment_id: string, at: GeolocationPosition): Promise<void> {
    if (!this.sending || document.visibilityState !== 'visible' || Date.now() - this.last_ms < EVERY_MS) return
    this.last_ms = Date.now()
    try {
      const { longitude: lon, latitude: lat, accuracy } = at.coords
      const found = await post<{ distance_m: number | null; arrived: boolean }>(`/assignments/${assignment_id}/near`, { lon, lat, accuracy_m: accuracy })
      this.distance_m = found.distance_m
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (error.status === 409) duty.ask()
    }
  }
}
export const near = new Near()
