import { createPublicKey } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** EdDSA, ES256, RS256. With ML-DSA in the list, Chromium 156 created no discoverable key. */
export const ALGORITHMS = [-8, -7, -257]

type Jwk = { kty: string; crv?: string; x?: string; y?: string; n?: string; e?: string }

const MIN_RSA_BITS = 2048

/** COSE (RFC 9053) has numbers for the members of a key. RSA uses some of them for other members. */
const ALGORITHM = 3
const [CURVE, X, Y] = [-1, -2, -3]
const [MODULUS, EXPONENT] = [-1, -2]
const [ED25519, P256] = [6, 1]

/**
 * The number of the algorithm. Undefined for a key that is weak, or that could never verify a signature: without attestation,
 * the first signature comes with the first login.
 */
export function algorithmOf(publicKey: Uint8Array<ArrayBuffer>): number | undefined {
  const key: unknown = isoCBOR.decodeFirst(publicKey)
  if (!(key instanceof Map)) return undefined
  const jwk = toJwk(key)
  const algorithm: unknown = key.get(ALGORITHM)
  return jwk && typeof algorithm === 'number' && isStrong(jwk) ? algorithm : undefined
}

function toJwk(key: Map<unknown, unknown>): Jwk | undefined {
  const bytes = (label: number) => {
    const value = key.get(label)
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : ''
  }
  switch (key.get(ALGORITHM)) {
    case -8:
      return key.get(CURVE) === ED25519 ? { kty: 'OKP', crv: 'Ed25519', x: bytes(X) } : undefined
    case -7:
      return key.get(CURVE) === P256 ? { kty: 'EC', crv: 'P-256', x: bytes(X), y: bytes(Y) } : undefined
    case -257:
      return { kty: 'RSA', n: bytes(MODULUS), e: bytes(EXPONENT) }
    default:
      return undefined
  }
}

function isStrong(key: Jwk) {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key, format: 'jwk' })
    return key.kty !== 'RSA' || (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
  } catch {
    return false // a point that is not on the curve, for example
  }
}
