const SEPARATOR = /[\p{Z}\p{P}\p{Sm}\p{Sc}\p{Sk}\p{C}]/gu
const KEYBOARD_ROWS = [
  '1234567890',
  'qwertyuiop asdfghjkl zxcvbnm',
  'qwertzuiop yxcvbnm',
  'azertyuiop qsdfghjklm wxcvbn',
  'йцукенгшщзхъ фывапролджэ ячсмитьбю',
].join(' ')
const MAX_STEP = 2 // between code points: `aceg`, `8642`
const MIN_RUN = 3
const MAX_INTERLEAVED = 4 // `a1b2c3` are two sequences, `aaabbbccc` is three
const MIN_DATES = 2 // a single one can be by chance
const DAY = '(?:0[1-9]|[12]\\d|3[01])'
const MONTH = '(?:0[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)'
const YEAR = '(?:19|20)\\d\\d'
const date = (year: string) => `(?:${year}${MONTH}${DAY}|${DAY}${MONTH}${year}|${MONTH}${DAY}${year})`
const DATE = new RegExp(date(YEAR), 'g')
const SHORT_DATE = new RegExp(date('\\d\\d'), 'g')
const LONE_DIGIT = /(?<![\p{L}\p{N}])\d(?![\p{L}\p{N}])/gu // as in `1.2.1990`

/** As a blocklist compares a password: in lower case and without separators. */
export const withoutSeparators = (password: string) => password.toLowerCase().replace(SEPARATOR, '')

/** The separators in characters that are as hard to find: which one is one character, and several can alternate. */
export function strengthOfSeparators(password: string) {
  const separators = password.match(SEPARATOR) ?? []
  return separators.length === 0 ? 0 : 1 + separators.length * Math.log10(new Set(separators).size)
}

export type Pattern = 'sequence' | 'dates'

/** The pattern that leaves fewer than `minOwn` characters of the password unexplained. */
export function findPattern(password: string, minOwn: number): Pattern | undefined {
  const characters = [...withoutSeparators(password)]
  const separators = strengthOfSeparators(password)
  for (let streams = 1; streams <= MAX_INTERLEAVED; streams++)
    if (countOwnCharacters(characters, streams) + separators < minOwn) return 'sequence'
  if (isDates(withoutSeparators(password.replace(LONE_DIGIT, '0$&')), minOwn)) return 'dates'
  return undefined
}

/** Random digits often contain short dates, so these must be all of the text. */
function isDates(text: string, minOwn: number) {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
  if (count(DATE) >= MIN_DATES && text.replace(DATE, 'd').length < minOwn) return true
  return count(SHORT_DATE) >= MIN_DATES && text.replace(SHORT_DATE, '') === ''
}

const countOwnCharacters = (characters: string[], streams: number) =>
  Array.from({ length: streams }, (_, first) => characters.filter((_, i) => i % streams === first))
    .map(countRuns)
    .reduce((a, b) => a + b, 0)

/** A run of equal steps counts as one character: `aaaa`, `1234`, `poiu`. */
function countRuns(characters: string[]) {
  let count = 0
  for (let i = 0; i < characters.length; count++) {
    const length = Math.max(runLength(characters, i, codePointStep), runLength(characters, i, keyboardStep))
    i += length < MIN_RUN ? 1 : length
  }
  return count
}

type Step = (from: string, to: string) => number | undefined

function runLength(characters: string[], start: number, step: Step) {
  const stepAt = (i: number) => step(characters[i] ?? '', characters[i + 1] ?? '')
  const first = stepAt(start)
  if (first === undefined) return 1
  let end = start + 1
  while (end < characters.length && stepAt(end - 1) === first) end++
  return end - start
}

function codePointStep(from: string, to: string) {
  const step = (to.codePointAt(0) ?? 0) - (from.codePointAt(0) ?? 0)
  return Math.abs(step) <= MAX_STEP ? step : undefined
}

function keyboardStep(from: string, to: string) {
  if (KEYBOARD_ROWS.includes(from + to)) return 1
  return KEYBOARD_ROWS.includes(to + from) ? -1 : undefined
}
