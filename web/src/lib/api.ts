// Asking and telling the service. A refusal becomes an `ApiProblem` whose title is already in the reader's language.
import { now } from './now.svelte'
import { session } from './session.svelte'

/** A service that does not answer for so long is as good as gone. */
const WITHIN_MS = 15_000
const FILE_WITHIN_MS = 60_000

/** What is wrong with one row of a file: 1 is the first row of data, 0 the file itself. */
export interface RowProblem { row: number; field: string; problem: string }

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly rows: RowProblem[] = [],
  ) {
    super(title)
  }
}

const problemOf = (answer: Response, said: Record<string, unknown>): ApiProblem => new ApiProblem(answer.status, String(said['code'] ?? answer.status), String(said['title'] ?? answer.statusText), rowsOf(said['errors']))

const rowsOf = (errors: unknown): RowProblem[] => (Array.isArray(errors) ? (errors as RowProblem[]).filter((each) => typeof each.row === 'number') : [])

export async function call<T>(method: string, path: string, body?: unknown, key?: string, within_ms = WITHIN_MS): Promise<T> {
  const headers: Record<string, string> = { 'accept-language': session.language }
  // Acts on a shared phone are the person's; what concerns the phone itself stays the phone's.
  const token = method === 'GET' || path.startsWith('/session') ? session.token : (session.person ?? session.token)
  if (token) headers['authorization'] = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (key) headers['idempotency-key'] = key
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, { method, headers, signal: AbortSignal.timeout(within_ms), ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    text = await answer.text()
  } catch {
    throw new ApiProblem(0, 'offline', 'offline')
  }
  now.heard(answer.headers.get('date'))
  const said = parsed(text)
  if (answer.status === 401 && token === session.person) session.person = null
  if (!answer.ok) throw problemOf(answer, said)
  return said as T
}

/** A file goes out as it is, or comes in; both may take longer than words. */
async function carried(method: string, path: string, body?: Blob): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${session.token ?? ''}`, 'accept-language': session.language }
  if (body) Object.assign(headers, { 'content-type': body.type || 'application/octet-stream', 'idempotency-key': newKey() })
  let answer: Response
  try {
    answer = await fetch(path, { method, headers, signal: AbortSignal.timeout(FILE_WITHIN_MS), ...(body ? { body } : {}) })
  } catch {
    throw new ApiProblem(0, 'offline', 'offline')
  }
  if (!answer.ok) throw problemOf(answer, parsed(await answer.text()))
  return answer
}

export const bytes = async (path: string): Promise<Blob> => (await carried('GET', path)).blob()
/** A file that is put in the place of a path; what the service says of it. */
export const put = async <T>(path: string, file: Blob): Promise<T> => (await (await carried('PUT', path, file)).json()) as T
export const send = async (path: string, file: Blob): Promise<void> => void (await carried('POST', path, file))

function parsed(text: string): Record<string, unknown> {
  try {
    return text ? (JSON.parse(text) as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A key that makes a repeated write the same write. `crypto.randomUUID` is missing where the page is not served over TLS. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path)
export const post = <T>(path: string, body: unknown = {}, within_ms = WITHIN_MS): Promise<T> => call<T>('POST', path, body, newKey(), within_ms)
