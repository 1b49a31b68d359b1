// Reading a QR code with the camera, where the browser can (phones do).
interface Looker { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
const Detector = (window as unknown as { BarcodeDetector?: new (options: { formats: string[] }) => Looker }).BarcodeDetector
const LOOK_FOR_MS = 20_000
const LOOK_EVERY_MS = 150
export const canScan = Detector !== undefined && isSecureContext

/** The code of a place, from its link or as it is; '' where none was seen in time. */
export async function scan(video: HTMLVideoElement): Promise<string> {
  const stream = await navigator.mediaDevices?.getUserMedia({ video: { facingMode: 'environment' } }).catch(() => null)
  if (!stream || !Detector) return ''
  const looker = new Detector({ formats: ['qr_code'] })
  video.srcObject = stream
  await video.play()
  const until = performance.now() + LOOK_FOR_MS
  let found = ''
  while (!found && performance.now() < until) {
    found = (await looker.detect(video).catch(() => []))[0]?.rawValue ?? ''
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
  for (const track of stream.getTracks()) track.stop()
  return new URLSearchParams(found.split('#')[1] ?? '').get('at') ?? found
}
