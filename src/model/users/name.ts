const MAX_LENGTH = 100 // code points
const MAX_RAW_LENGTH = 1024 // UTF-16 units; NFC takes seconds for thousands of combining accents

// Variation selectors, joiners and the tags of flags are invisible alone, and parts of the sign before them. They have no
// effect on Latin, Greek and Cyrillic letters.
const BASE = String.raw`[[\p{L}\p{N}\p{P}\p{S}]--[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{DI}]]`
const MARK = String.raw`[\p{M}--\p{DI}]`
const SIGN = String.raw`${BASE}[${MARK}\p{Variation_Selector}]*`
const PARTS_OF_SIGNS = [
  String.raw`(?<=${SIGN})(?<!\p{DI})\p{Variation_Selector}`,
  String.raw`(?<=[\p{Script=Mongolian}&&\p{L}]\p{Variation_Selector}?)\u180E`,
  String.raw`(?<=${SIGN})\p{Join_Control}(?=${BASE}|${MARK})`,
  String.raw`(?<=${SIGN}${MARK})\p{Join_Control}`, // ends a name in Malayalam or Sinhala
  String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}`, // the flag of Scotland
].join('|')
const SIGN_OR_IGNORABLE = new RegExp(`(${PARTS_OF_SIGNS})|\\p{DI}`, 'gv')

const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--\u2800]/v // U+2800 is an empty Braille pattern
const UNREADABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB\uFFFD]/u

/** Without characters that are invisible, or that change the direction of the text around the name. */
export const canonicalName = (name: string) =>
  name
    .normalize('NFC')
    .replace(SIGN_OR_IGNORABLE, '$1')
    .replaceAll('\t', ' ') // between cells that were copied from a table
    .replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
    .normalize('NFC')

/** Computed here, because SQLite changes the case of ASCII letters only. The variants of a sign are found by the sign. */
export const searchName = (name: string) =>
  canonicalName(name)
    .replace(/[\p{Variation_Selector}\u180E\u{E0020}-\u{E007F}]/gu, '')
    .toLowerCase()

export function validateName(name: string, what = 'your name', max = MAX_LENGTH) {
  if (name.length > MAX_RAW_LENGTH) return tooLong(max)
  const canonical = canonicalName(name)
  if (canonical === '') return `Enter ${what}.`
  if ([...canonical].length > max) return explainLength(canonical, max)
  if (!canonical.isWellFormed() || UNREADABLE.test(canonical) || !VISIBLE.test(canonical))
    return 'Use visible characters only.'
}

const tooLong = (max: number) => `Use a name of at most ${max} characters.`

function explainLength(name: string, max: number) {
  const seen = [...new Intl.Segmenter().segment(name)].length
  return seen > max
    ? tooLong(max)
    : `${tooLong(max)} This has ${[...name].length}, because some emoji and letters count as several.`
}
