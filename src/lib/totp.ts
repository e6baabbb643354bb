import { Secret, TOTP } from 'otpauth'
import { seconds } from './duration'

/** 160 bits, the length of the HMAC (RFC 4226, section 4). */
const SECRET_BYTES = 20
const PERIOD = seconds(30)
/** The steps before and after the present one that count too: for slow fingers, and for phones whose clock is fast. */
const WINDOW = 1

/** In base32, as authenticator apps read it. */
export const createTotpSecret = ({ random }: { random(bytes: number): Uint8Array }) =>
  new Secret({ buffer: Uint8Array.from(random(SECRET_BYTES)).buffer }).base32

/** The six digits of a typed code. Apps show codes with a space, and some keyboards replace dashes. */
export function readTotpCode(text: string) {
  if (text.length > 32) return undefined
  const code = text.replace(/[\s\p{Pd}]/gu, '')
  return /^[0-9]{6}$/.test(code) ? code : undefined
}

const totpOf = (secret: string, names: { issuer?: string; label?: string } = {}) =>
  new TOTP({ ...names, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: PERIOD / seconds(1) })

const stepAt = (at: number) => Math.floor(at / PERIOD)

/** The time step (RFC 6238) of the code. Undefined if it fits none of the `window` steps around `at`. */
export function findTotpStep(secret: string, code: string, at: number, window = WINDOW) {
  const offset = totpOf(secret).validate({ token: code, timestamp: at, window })
  return offset === null ? undefined : stepAt(at) + offset
}

/** How far the clock of the phone that showed the code differs, in milliseconds. Negative if it is behind. */
export const clockDifference = (step: number, at: number) => (step - stepAt(at)) * PERIOD

export const totpCodeAt = (secret: string, at: number) => totpOf(secret).generate({ timestamp: at })

/** The address of the key for authenticator apps. */
export const totpUri = (secret: string, issuer: string, label: string) => totpOf(secret, { issuer, label }).toString()

/** In groups of four, for a user who types it. */
export const groupedSecret = (secret: string) => secret.replace(/.{4}(?=.)/g, '$& ')
