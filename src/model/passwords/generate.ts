import type { Deps } from '@/deps/deps'

// Without i, l, o, 0 and 1, which look alike.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUP = 5
const MIN_GROUPS = 4 // 20 characters of 31: 99 bits

/** Has the form `xxxxx-xxxxx-xxxxx-xxxxx`, with more groups if `PASSWORD_MIN_LENGTH` needs them. */
export function generatePassword({ random, config }: Deps) {
  const groups = Math.max(MIN_GROUPS, Math.ceil((config.passwords.minLength + 1) / (GROUP + 1)))
  let characters = ''
  // Discards 31 of the values 0 to 31: `byte % 31` would make some characters more likely.
  while (characters.length < groups * GROUP)
    for (const byte of random(groups * GROUP)) characters += ALPHABET[byte % 32] ?? ''
  return Array.from({ length: groups }, (_, i) => characters.slice(i * GROUP, (i + 1) * GROUP)).join('-')
}
