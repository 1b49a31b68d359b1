// Every key of the room in one table. A key never works while somebody types, except Esc.
import * as act from '../../lib/act'
import { choice } from '../../lib/choice.svelte'

const KEYS: Record<string, () => void> = {
  n: () => (choice.panel = 'call'),
  '/': () => (choice.panel = 'call'),
  j: () => choice.step(1),
  k: () => choice.step(-1),
  f: () => (choice.panel = 'find'),
  m: () => choice.toggle('muster'),
  '?': () => choice.toggle('help'),
  d: () => void act.sendFirst(choice.incident),
  a: () => void (choice.incident && act.claim(choice.incident)),
  c: () => void (choice.incident && (choice.panel = 'close')),
  r: () => document.getElementById('radio-words')?.focus(),
  Enter: () => choice.choose(choice.incident_id),
}

export function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape') return back()
  const at = event.target as HTMLElement
  if (event.ctrlKey || event.metaKey || event.altKey || at.matches('input, textarea, select, [contenteditable]')) return
  if (event.key === 'Enter' && at.matches('button, a, summary')) return
  const known = KEYS[event.key] ?? KEYS[event.key.toLowerCase()]
  if (!known || document.querySelector('dialog[open]')) return
  event.preventDefault()
  known()
}

/** Esc is always safe: leave the field, then the panel, then the incident; what was typed is saved already. */
function back(): void {
  const at = document.activeElement
  if (choice.panel !== 'none') choice.panel = 'none'
  else if (at instanceof HTMLElement && at.matches('input, textarea, select')) at.blur()
  else choice.choose(null)
}
