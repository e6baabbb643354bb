const MAX_LENGTH = 100 // code points

// Controls, line breaks, what turns the direction of writing, and the mark of broken text: they make one name look like another.
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\uFFFD]/u
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/** A name as it is kept: composed (NFC), without spaces around it. */
export const canonicalName = (name: string) => name.normalize('NFC').trim()

/** What is wrong with a proposed name, in words for the form, or undefined. */
export function flawInName(name: string) {
  const canonical = canonicalName(name)
  if (canonical === '') return 'Enter your name.'
  if ([...canonical].length > MAX_LENGTH) return `Use a name of at most ${MAX_LENGTH} characters.`
  if (!canonical.isWellFormed() || UNSEEN.test(canonical) || !VISIBLE.test(canonical))
    return 'Use letters, digits and signs that can be seen.'
}
