const MAX_LENGTH = 100 // code points
const MAX_RAW_LENGTH = 1024 // NFC takes seconds for thousands of combining accents

// Invisible characters make different names look the same. Emoji and some scripts need joiners and variation selectors.
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB\uFFFD]/u
const JOINERS = /\u200C|\u200D|\uFE0E|\uFE0F/g
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

export const canonicalName = (name: string) => name.normalize('NFC').trim()

/** Computed here, because SQLite changes the case of ASCII letters only. */
export const searchName = (name: string) => canonicalName(name).toLowerCase()

export function validateName(name: string, what = 'your name') {
  const canonical = name.length > MAX_RAW_LENGTH ? name : canonicalName(name)
  if (canonical === '') return `Enter ${what}.`
  if ([...canonical].length > MAX_LENGTH) return `Use a name of at most ${MAX_LENGTH} characters.`
  if (!canonical.isWellFormed() || INVISIBLE.test(canonical.replace(JOINERS, '')) || !VISIBLE.test(canonical))
    return 'Use visible characters only.'
}
