// A short tone for a new incident: higher for the highest priority, which repeats until somebody claims it and cannot be muted.
let context: AudioContext | null = null

export function tone(priority: number, muted: boolean): void {
  if (muted && priority > 1) return
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
  const at = context.currentTime
  for (let k = 0; k < (priority === 1 ? 3 : 1); k++) {
    const oscillator = context.createOscillator()
    const gain = context.createGain()
    oscillator.frequency.value = priority === 1 ? 880 : 587
    gain.gain.setValueAtTime(0.0001, at + k * 0.25)
    gain.gain.exponentialRampToValueAtTime(0.2, at + k * 0.25 + 0.02)
    gain.gain.exponentialRampToValueAtTime(0.0001, at + k * 0.25 + 0.2)
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(at + k * 0.25)
    oscillator.stop(at + k * 0.25 + 0.22)
  }
}
