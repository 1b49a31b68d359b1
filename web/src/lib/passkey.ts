// Passkeys: WebAuthn speaks in buffers, the service in base64url; here one becomes the other.
type Json = Record<string, unknown>

const bytes = (text: string): ArrayBuffer => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0)).buffer
const text = (buffer: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

interface Descriptor { id: string; type: 'public-key'; transports?: AuthenticatorTransport[] }
const named = (list: unknown): PublicKeyCredentialDescriptor[] => ((list ?? []) as Descriptor[]).map((each) => ({ ...each, id: bytes(each.id) }))

/** True where this browser and this address can have passkeys. */
export const canPasskey = (): boolean => isSecureContext && 'credentials' in navigator && 'PublicKeyCredential' in window

/** Asks the device for a new passkey; null where its holder said no. */
export async function make(options: Json): Promise<Json | null> {
  const user = options['user'] as Json
  const publicKey = { ...options, challenge: bytes(String(options['challenge'])), user: { ...user, id: bytes(String(user['id'])) }, excludeCredentials: named(options['excludeCredentials']) }
  return told(await asked(navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })))
}

/** Asks the device to sign; null where its holder said no. */
export async function use(options: Json): Promise<Json | null> {
  const publicKey = { ...options, challenge: bytes(String(options['challenge'])), allowCredentials: named(options['allowCredentials']) }
  return told(await asked(navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions })))
}

async function asked(question: Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await question) as PublicKeyCredential | null
  } catch (error) {
    if (error instanceof DOMException) return null
    throw error
  }
}

function told(found: PublicKeyCredential | null): Json | null {
  if (!found) return null
  const response: Json = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'] as const) {
    const part = (found.response as unknown as Record<string, ArrayBuffer | null | undefined>)[name]
    if (part) response[name] = text(part)
  }
  return { id: found.id, rawId: text(found.rawId), type: found.type, response }
}
