// Messages to this phone while the page is closed: the browser's own push service, with the city's own key.
import { newKey } from '../lib/api'
import { queue } from './queue.svelte'

export const canPush = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))

/** Ask the holder, subscribe, and tell the service; false where the holder or the browser says no. */
export async function subscribe(key: string, channels: string[]): Promise<boolean> {
  if (!canPush || (await Notification.requestPermission()) !== 'granted') return false
  const worker = await navigator.serviceWorker.ready
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) }).catch(() => null)
  if (!made) return false
  await enter({ push: JSON.stringify(made), channels: ['page', 'push', ...channels.filter((each) => each !== 'page' && each !== 'push')] })
  return true
}

/** Enter oneself in the register, or change a way. */
export const enter = (body: Record<string, unknown> = {}): Promise<void> => queue.touch('ways', newKey(), '/me/duty/ways', body, { method: 'PUT', timed: false })
