/** Crockford's base32: no letters that look like digits, and no `u`. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 16

export const CODES_PER_SET = 10

/** 80 bits: `k7dm2wqx9h4tvbn3`. */
export const createRecoveryCode = ({ random }: { random(bytes: number): Uint8Array }) =>
  Array.from(random(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** As a user reads it: `k7dm-2wqx-9h4t-vbn3`. */
export const formatRecoveryCode = (code: string) => code.replace(/.{4}(?=.)/g, '$&-')

/** The code that a user typed, or undefined if it cannot be one. */
export function readRecoveryCode(text: string) {
  if (text.length > 64) return undefined
  const code = text
    .replace(/[\s\p{Pd}]/gu, '')
    .toLowerCase()
    .replaceAll('o', '0')
    .replace(/[il]/g, '1')
  return code.length === LENGTH && [...code].every((letter) => ALPHABET.includes(letter)) ? code : undefined
}

/** For the field of another code, whose error then names the right field. */
export const looksLikeRecoveryCode = (text: string) => readRecoveryCode(text) !== undefined
