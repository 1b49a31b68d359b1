// What the gallery shows its parts with: one sample a state, no more than the part itself needs.
import type { RowProblem } from '../lib/api'
import { now } from '../lib/now.svelte'
import type { ClockRow } from '../lib/types'

const CLOCK: ClockRow = {
  clock: 'self_rescue', owner: 'team', target_s: 60, started_s: now.s, due_s: now.s + 60, state: 'running',
  since_call_s: null, since_alert_s: null, evidence: null, reason: null, binds: 'call', responder_id: null,
}

/** Every state that a clock can be in. */
export const CLOCKS: ClockRow[] = [
  { ...CLOCK, due_s: now.s + 50 },
  { ...CLOCK, clock: 'neighbour_aid', target_s: 180, due_s: now.s + 40 },
  { ...CLOCK, clock: 'reinforcement', target_s: 300, due_s: now.s - 20 },
  { ...CLOCK, state: 'met', since_call_s: 48 },
  { ...CLOCK, clock: 'neighbour_aid', state: 'late', since_call_s: 201 },
  { ...CLOCK, clock: 'reinforcement', state: 'breached' },
  { ...CLOCK, clock: 'zone', state: 'stopped' },
]
export const CODES = ['4f9k-2m7q', '8xwc-1t5r', 'h3vd-6n0p', 'q7zb-9k4j']
/** A square that looks like a QR code; it says nothing. */
export const SQUARE = Array.from({ length: 21 }, (_, y) => Array.from({ length: 21 }, (_, x) => ((x * y + x + 3 * y) % 3 === 0 ? '1' : '0')).join(''))
export const ROWS: RowProblem[] = [{ row: 3, field: 'lon', problem: 'outside_the_world' }, { row: 7, field: 'name', problem: 'missing' }]
export const BUTTONS = ['', 'primary', 'quiet', 'mini', 'stop']
/** Token → what it is for, in the order of styles/tokens.css. */
export const COLOURS = ['ground', 'panel', 'raised', 'line', 'edge', 'field', 'text', 'soft', 'faint', 'accent', 'accent-text', 'free', 'busy', 'ok', 'warn', 'bad', 'calm', 'ring-1', 'ring-3', 'ring-5', 'drill', 'past']
