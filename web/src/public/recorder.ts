// A voice note recorded on the page, where the browser records something that the service takes; elsewhere the file field stays.
import { button } from './button'
import { put } from './photos'

const KINDS: [string, string][] = [['audio/mp4', 'm4a'], ['audio/ogg;codecs=opus', 'ogg']]
const SECONDS_MOST = 120

export function recorder(form: HTMLFormElement, word: (key: string) => string, say: (text: string) => void): void {
  const field = form.querySelector<HTMLInputElement>('#voice')
  const room = form.querySelector<HTMLElement>('#recorder')
  if (!field || !room || typeof MediaRecorder === 'undefined' || !navigator.mediaDevices?.getUserMedia || !('DataTransfer' in window)) return
  const kind = KINDS.find(([type]) => MediaRecorder.isTypeSupported(type))
  if (!kind) return
  const [type, ending] = kind
  let running: MediaRecorder | null = null
  const act = button(word('record'), () => void (running ? running.stop() : start()))
  const heard = document.createElement('div')
  room.append(act, heard)

  async function start(): Promise<void> {
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    } catch {
      field?.click()
      return
    }
    const parts: Blob[] = []
    const began = Date.now()
    running = new MediaRecorder(stream, { mimeType: type })
    running.addEventListener('dataavailable', (event) => parts.push(event.data))
    const limit = window.setTimeout(() => running?.stop(), SECONDS_MOST * 1000)
    running.addEventListener('stop', () => {
      clearTimeout(limit)
      for (const track of stream.getTracks()) track.stop()
      running = null
      act.textContent = word('record')
      const file = new File(parts, `voice.${ending}`, { type: type.split(';')[0] ?? type })
      if (field) put(field, [file])
      keep(file, Math.max(1, Math.round((Date.now() - began) / 1000)))
    })
    running.start()
    act.textContent = word('stop')
  }
  function keep(file: File, seconds: number): void {
    const sound = document.createElement('audio')
    sound.controls = true
    sound.src = URL.createObjectURL(file)
    heard.replaceChildren(sound, button(word('remove'), () => {
      if (field) put(field, [])
      heard.replaceChildren()
      act.focus()
    }))
    say(word('recorded').replace('{n}', String(seconds)))
  }
}
