// What the service offers to whoever wants in, and what comes after the password.
export interface Ways {
  sso: string | null
  card: boolean
  passkey_first: boolean
  registration: boolean
  passkeys: boolean
}
export interface Step {
  step: 'second_factor' | 'done' | 'linked'
  ticket?: string
  ways?: string[]
  passkey?: Record<string, unknown> | null
  token?: string
}
export const STATE = 'fm-sso-state'
