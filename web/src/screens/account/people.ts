// What the security administrator sees of accounts, and which place a role speaks for.
export interface Role { role: string; unit_id: string | null; team_id: string | null; seat: string | null; district: string | null }
export interface Person { account_id: string; name: string; state: string; made_s: number; roles: Role[]; locked_until_s: number }
export interface Wish { role: string; place: string; seat: string; district: string }

/** The three duties are given, taken and reset at the machine alone. */
export const DUTIES = ['system_admin', 'security_admin', 'auditor']
export const GIVEN = ['dispatcher', 'commander', 'patrol', 'lead', 'member', 'inspector', 'analyst', 'case_officer', 'fleet_contact', 'resident']
export const STATES = ['invited', 'active', 'device', 'locked', 'left']
const PLACE: Record<string, 'unit_id' | 'team_id'> = { patrol: 'unit_id', lead: 'team_id', member: 'team_id' }

export const nothing = (): Wish => ({ role: 'dispatcher', place: '', seat: '', district: '' })
export const placeOf = (role: string): 'unit_id' | 'team_id' | null => PLACE[role] ?? null

/** The body that gives a role: what is left empty is not said. */
export function given(wish: Wish): Record<string, string> {
  const place = placeOf(wish.role)
  return {
    role: wish.role,
    ...(place && wish.place.trim() ? { [place]: wish.place.trim() } : {}),
    ...(wish.role === 'dispatcher' && wish.seat.trim() ? { seat: wish.seat.trim() } : {}),
    ...(wish.district.trim() ? { district: wish.district.trim() } : {}),
  }
}

/** What a role speaks for, in a few characters. */
export const place = (role: Role): string => [role.unit_id ?? role.team_id, role.seat, role.district].filter(Boolean).join(' · ')
export const duty = (person: Person): boolean => person.roles.some((each) => DUTIES.includes(each.role))
export const time = (at_s: number): string => new Date(at_s * 1000).toLocaleString(document.documentElement.lang, { dateStyle: 'short', timeStyle: 'short' })
/** What a browser calls itself, as short as it stays telling. */
export const device = (agent: string): string => /(Edg|Firefox|Chrome|Safari|OPR)\/[\d.]+/.exec(agent)?.[0] ?? (agent.slice(0, 40) || '–')
