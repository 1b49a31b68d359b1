// A voice note: what the browser records, in whatever form, becomes plain WAV, which every desk can hear.
const RATE = 16_000
const MOST_MS = 30_000

export interface Recording { stop: () => Promise<Blob | null> }

/** Begin to record; null where the phone does not let us. It ends by itself after half a minute. */
export async function record(): Promise<Recording | null> {
  const stream = await navigator.mediaDevices?.getUserMedia({ audio: true }).catch(() => null)
  if (!stream) return null
  const recorder = new MediaRecorder(stream)
  const parts: Blob[] = []
  recorder.ondataavailable = (event) => parts.push(event.data)
  const ended = new Promise<void>((done) => (recorder.onstop = () => done()))
  recorder.start()
  const timer = window.setTimeout(() => recorder.state !== 'inactive' && recorder.stop(), MOST_MS)
  return {
    stop: async () => {
      clearTimeout(timer)
      if (recorder.state !== 'inactive') recorder.stop()
      await ended
      for (const track of stream.getTracks()) track.stop()
      return wav(await new Blob(parts).arrayBuffer()).catch(() => null)
    },
  }
}

async function wav(data: ArrayBuffer): Promise<Blob> {
  const heard = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(data)
  const slow = new OfflineAudioContext(1, Math.max(1, Math.ceil(heard.duration * RATE)), RATE)
  const source = slow.createBufferSource()
  source.buffer = heard
  source.connect(slow.destination)
  source.start()
  const samples = (await slow.startRendering()).getChannelData(0)
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const text = (at: number, words: string): void => [...words].forEach((sign, k) => view.setUint8(at + k, sign.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((value, k) => view.setInt16(44 + k * 2, Math.max(-1, Math.min(1, value)) * 32_767, true))
  return new Blob([view.buffer], { type: 'audio/wav' })
}
