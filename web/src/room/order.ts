// The order of the queue: what burns first. Only presentation; who is asked and when is decided by the service.
import type { IncidentRow } from '../lib/types'

function nextDue(row: IncidentRow): number {
  return Math.min(...row.clocks.filter((each) => each.state === 'running').map((each) => each.due_s), Number.POSITIVE_INFINITY)
}

export function byUrgency(rows: Iterable<IncidentRow>): IncidentRow[] {
  const rank = (row: IncidentRow): number => (row.status === 'open' ? 0 : row.status === 'responding' ? 1 : row.status === 'on_scene' ? 2 : 3)
  return [...rows].sort((a, b) => rank(a) - rank(b) || a.priority - b.priority || nextDue(a) - nextDue(b) || a.started_s - b.started_s)
}
