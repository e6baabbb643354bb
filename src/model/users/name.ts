const MAX_LENGTH = 100 // code points
const MAX_RAW_LENGTH = 1024 // before it is composed, which takes seconds over thousands of accents

// Controls, line breaks, what nobody sees or what passes for a blank, and the mark of broken text: they make one name look
// like another. The joiners and variants that emoji and some scripts are written with are no such thing.
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB\uFFFD]/u
const JOINERS = /\u200C|\u200D|\uFE0E|\uFE0F/g
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/** A name as it is kept: composed (NFC), without spaces around it. */
export const canonicalName = (name: string) => name.normalize('NFC').trim()

/** A name as names are searched: databases fold plain letters alone. */
export const searchName = (name: string) => canonicalName(name).toLowerCase()

/** What is wrong with a proposed name of somebody or something, in words for the form, or undefined. */
export function validateName(name: string, what = 'your name') {
  const canonical = name.length > MAX_RAW_LENGTH ? name : canonicalName(name)
  if (canonical === '') return `Enter ${what}.`
  if ([...canonical].length > MAX_LENGTH) return `Use a name of at most ${MAX_LENGTH} characters.`
  if (!canonical.isWellFormed() || INVISIBLE.test(canonical.replace(JOINERS, '')) || !VISIBLE.test(canonical))
    return 'Use visible characters only.'
}
