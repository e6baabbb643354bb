import { isoCBOR } from '@simplewebauthn/server/helpers'

// These checks run before the library reads an answer of a browser: the library accepts an `id` that is a number, and
// `crossOrigin: true` (version 14.0.3).

/** 40 KB of nested CBOR occupied the library for 400 ms; 4 KB for 6 ms. */
const MAX_BYTES = { attestationObject: 4096, authenticatorData: 1024, clientDataJSON: 2048, signature: 1024 }
const MAX_FIELD_BYTES = 12 * 1024
const MAX_ID_LENGTH = 1364 // 1,023 bytes (WebAuthn, section 6.1)
const MAX_HANDLE_LENGTH = 88 // 64 bytes

const TRANSPORTS = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal'] as const
const MAX_TRANSPORTS = 6

export type Transport = (typeof TRANSPORTS)[number]

/** From the column. */
export const transportsOf = (text: string) => TRANSPORTS.filter((transport) => text.split(' ').includes(transport))

export type Assertion = {
  id: string
  clientDataJSON: string
  authenticatorData: string
  signature: string
  userHandle: string | undefined
}

export type Attestation = {
  id: string
  clientDataJSON: string
  attestationObject: string
  transports: Transport[]
  /** Whether the authenticator stored the passkey; undefined if the browser does not say. */
  isDiscoverable: boolean | undefined
}

export function parseAssertion(field: string): Assertion | undefined {
  const credential = parseCredential(field)
  if (!credential) return undefined
  const { id, response } = credential
  const { clientDataJSON, authenticatorData, signature } = response
  const userHandle = response.userHandle || undefined // null or empty if the passkey is not discoverable
  if (!isEncoded(clientDataJSON, MAX_BYTES.clientDataJSON)) return undefined
  if (!isEncoded(authenticatorData, MAX_BYTES.authenticatorData)) return undefined
  if (!isEncoded(signature, MAX_BYTES.signature)) return undefined
  if (userHandle !== undefined && !isText(userHandle, MAX_HANDLE_LENGTH)) return undefined
  return { id, clientDataJSON, authenticatorData, signature, userHandle }
}

export function parseAttestation(field: string): Attestation | undefined {
  const credential = parseCredential(field)
  if (!credential) return undefined
  const { id, response, extensions } = credential
  const { clientDataJSON, attestationObject, transports = [] } = response
  if (!isEncoded(clientDataJSON, MAX_BYTES.clientDataJSON)) return undefined
  if (!isEncoded(attestationObject, MAX_BYTES.attestationObject)) return undefined
  if (!Array.isArray(transports) || transports.length > MAX_TRANSPORTS) return undefined
  const rk = isObject(extensions.credProps) ? extensions.credProps.rk : undefined
  return {
    id,
    clientDataJSON,
    attestationObject,
    // A browser may know more of them than this list.
    transports: TRANSPORTS.filter((transport) => transports.includes(transport)),
    isDiscoverable: typeof rk === 'boolean' ? rk : undefined,
  }
}

function parseCredential(field: string) {
  if (Buffer.byteLength(field) > MAX_FIELD_BYTES) return undefined
  const credential = parseJson(field)
  if (!isObject(credential) || !isObject(credential.response)) return undefined
  const { id, rawId, type, response, clientExtensionResults } = credential
  if (!isText(id, MAX_ID_LENGTH) || id === '' || rawId !== id || type !== 'public-key') return undefined
  return { id, response, extensions: isObject(clientExtensionResults) ? clientExtensionResults : {} }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Base64url without padding. */
const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.length <= maxLength && /^[\w-]*$/.test(value)

const isEncoded = (value: unknown, maxBytes: number): value is string => isText(value, Math.ceil((maxBytes * 4) / 3))

/**
 * The challenge that the browser signed. Undefined for another site, a frame or another ceremony. The origin must be equal: a passkey must not work on `127.0.0.1` because it works on `localhost`.
 */
export function challengeIn(clientDataJSON: string, type: 'webauthn.create' | 'webauthn.get', origin: string) {
  const data = parseJson(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
  if (!isObject(data) || data.type !== type || data.origin !== origin) return undefined
  if ((data.crossOrigin ?? false) !== false || data.topOrigin !== undefined) return undefined
  return typeof data.challenge === 'string' ? data.challenge : undefined
}

/** Nothing here relies on the maker of an authenticator, so an attestation statement is never read. */
export function withoutStatement(attestationObject: string) {
  const decoded: unknown = isoCBOR.decodeFirst(Uint8Array.from(Buffer.from(attestationObject, 'base64url')))
  const authData: unknown = decoded instanceof Map ? decoded.get('authData') : undefined
  if (!(authData instanceof Uint8Array)) throw new TypeError('attestation object without authenticator data')
  const none = new Map<string, string | Map<string, string> | Uint8Array>([
    ['fmt', 'none'],
    ['attStmt', new Map<string, string>()],
    ['authData', authData],
  ])
  return Buffer.from(isoCBOR.encode(none)).toString('base64url')
}
