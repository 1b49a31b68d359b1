// Every key of the room in one table. A key never works while somebody types, except Esc, and single letters can be switched off.
import * as act from '../../lib/act'
import { choice } from '../../lib/choice.svelte'
import { feed } from '../../lib/feed.svelte'
import { lock } from '../../lib/lock.svelte'
import { who } from '../../lib/me.svelte'
import { words } from '../../lib/i18n.svelte'
import { replay } from '../../lib/replay.svelte'
import { session } from '../../lib/session.svelte'
import { tell } from '../../lib/tell.svelte'
import { atlas } from '../map/atlas.svelte'

const KEYS: Record<string, () => void> = {
  n: () => choice.take(),
  '/': () => choice.take(),
  j: () => choice.step(1),
  k: () => choice.step(-1),
  f: () => document.querySelector<HTMLElement>('[data-testid=map-search]')?.focus(),
  '.': () => atlas.use('layers'),
  ';': () => choice.toggle('shares'),
  '!': () => choice.toggle('keepaway'),
  m: () => choice.toggle('muster'),
  '?': () => choice.toggle('help'),
  ',': () => choice.toggle('settings'),
  '0': () => choice.wholeCity(),
  g: () => void (words.catalogue?.role === 'commander' && choice.toggle('grade')),
  z: () => void lock(),
  u: () => undo(),
  b: () => choice.toggle('log'),
  h: () => choice.toggle('handover'),
  '=': () => choice.toggle('print'),
  i: () => void (who.me?.session && choice.toggle('mine')),
  d: () => void act.sendFirst(choice.incident),
  a: () => void act.claim(choice.incident),
  r: () => document.getElementById('radio-words')?.focus(),
  v: () => document.querySelector<HTMLElement>('[data-candidate]')?.focus(),
  c: () => choice.form('close'),
  l: () => choice.form('level'),
  t: () => choice.form('note'),
  o: () => choice.form('agency'),
  x: () => choice.form('transfer'),
  s: () => choice.form('standdown'),
  e: () => choice.form('command'),
  p: () => choice.form('posts'),
  '8': () => choice.form('correct'),
  q: () => document.getElementById('chat-words')?.focus(),
  y: () => void act.swap(choice.incident),
  w: () => void act.allSafe(choice.incident),
  '9': () => replay.toggle(),
  Enter: () => choice.choose(choice.incident_id),
}
/** What a key means while the past is shown; every other act waits for the present. A call is taken at once, and the past is left for it. */
const PAST: Record<string, () => void> = {
  n: () => newCall(),
  '/': () => newCall(),
  ' ': () => replay.turn(),
  ArrowLeft: () => void replay.step(-1),
  ArrowRight: () => void replay.step(1),
}
const ALSO_PAST = ['j', 'k', 'f', '.', '?', ',', '0', '9', 'z', 'Enter']

function newCall(): void {
  replay.leave()
  choice.take()
}

export function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape') return back()
  const at = event.target as HTMLElement
  if (event.ctrlKey || event.metaKey || event.altKey || at.matches('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]')) return
  if ([' ', 'Enter'].includes(event.key) ? at.matches('button, a, summary') : !session.keys) return
  if (event.key.startsWith('Arrow') && at.matches('input, canvas')) return
  const key = event.key in KEYS || event.key in PAST ? event.key : event.key.toLowerCase()
  const known = feed.past ? (PAST[key] ?? (ALSO_PAST.includes(key) ? KEYS[key] : undefined)) : KEYS[key]
  if (!known || document.querySelector('dialog[open]')) return
  event.preventDefault()
  known()
}

/** Takes back what the toast offers to take back; on a locked desk it leads to the field that opens it. */
function undo(): void {
  const { toast } = tell
  if (!toast?.back) return document.getElementById('unlock')?.focus()
  tell.dismiss()
  toast.back.act()
}

/** Esc is always safe: leave the field, then the panel, then the incident; what was typed is saved already. */
function back(): void {
  const at = document.activeElement
  if (choice.panel !== 'none') choice.panel = 'none'
  else if (choice.taking) choice.leave()
  else if (feed.past) replay.leave()
  else if (at instanceof HTMLElement && at.matches('input:not([type=radio], [type=checkbox]), textarea, select')) at.blur()
  else if (atlas.tool !== 'none') atlas.use(atlas.tool)
  else choice.choose(null)
}
