import type { Deps } from '@/deps/deps'

// What is neither mistaken for another sign when read, nor asked about when dictated: no i, l, o, 0 or 1.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUP = 5
const MIN_GROUPS = 4 // 20 signs of 31: 99 bits

/** A password for somebody else to type, drawn anew: `xxxxx-xxxxx-xxxxx-xxxxx`, and longer where the settings want it. */
export function generatePassword({ random, config }: Deps) {
  const groups = Math.max(MIN_GROUPS, Math.ceil((config.passwords.minLength + 1) / (GROUP + 1)))
  let signs = ''
  // Five bits of each byte, and no sign for the one number too many: a remainder would make some signs likelier.
  while (signs.length < groups * GROUP) for (const byte of random(groups * GROUP)) signs += ALPHABET[byte % 32] ?? ''
  return Array.from({ length: groups }, (_, i) => signs.slice(i * GROUP, (i + 1) * GROUP)).join('-')
}
