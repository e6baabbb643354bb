import type { MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core'
import { famousPhrases } from './famous-phrases'
import { findPattern, strengthOfSeparators, withoutSeparators, type Pattern } from './patterns'
import { toUnicodeEmail } from '@/lib/email-domain'

const MIN_LOG10 = 8 // an attacker needs more than 10^8 attempts
// A hostile password blocks the event loop for 20 ms with these limits, and for hundreds of ms with the defaults.
const MAX_CHECKED_LENGTH = 48 // code points
const MAX_SOLID_LENGTH = 32
const MAX_L33T_SUBSTITUTIONS = 5
// Attackers try these symbols first. zxcvbn counts them as another word and accepts `Summer2026!!`.
const SYMBOLS_AT_ENDS = /^[^\p{L}\p{N}]{1,4}(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])[^\p{L}\p{N}]{1,4}$/gu
const MIN_OWN_CHARACTERS = 6 // without known words, common passwords and patterns
const TOO_SIMILAR = 'Too similar to your email address, your name or the name of this site.'

const EASY_PATTERN: Record<Pattern, string> = {
  sequence: 'Sequences and repeated characters are easy to guess.',
  dates: 'Dates are easy to guess.',
}

export type Owner = { email: string; name: string }

export async function validateStrength(password: string, owner: Owner, siteName: string) {
  const reason = await findReason(password, knownWords(owner, siteName))
  return reason && `${reason} Add a few unrelated words.`
}

async function findReason(password: string, known: string[]) {
  const solid = withoutSeparators(password)
  if (isTooSimilar(known, solid)) return TOO_SIMILAR
  const pattern = findPattern(password, MIN_OWN_CHARACTERS)
  if (pattern) return EASY_PATTERN[pattern]
  if (isFamous(solid)) return 'This is similar to a well-known phrase.'
  const core = password.replace(SYMBOLS_AT_ENDS, '')
  const weak = await checkStrength(password, core, known)
  if (weak) return weak
  for (const text of new Set([solid, withoutSeparators(symbolsToLetters(password))])) {
    const weak = text === core ? undefined : await checkWithoutSeparators(password, text, known)
    if (weak) return weak
  }
  return undefined
}

/** Between letters, `@` and `$` can be separators or letters: `P@ssw0rd-P@ssw0rd`. */
const symbolsToLetters = (password: string) =>
  password.replace(/(?<=\p{L})[@$]+(?=[\p{L}\p{N}])/gu, (text) => text.replaceAll('@', 'a').replaceAll('$', 's'))

/** Longest first, for example `ann.lee@example.com`, `ann lee`, `example`, `ann`, `com`, `lee`. */
function knownWords({ email, name }: Owner, siteName: string) {
  const words = [
    [email, toUnicodeEmail(email)].flatMap((text) => [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)]),
    [name, siteName].flatMap((text) => [text, ...text.split(/\s+/)]),
  ].flat()
  const long = new Set(words.map((word) => word.normalize('NFKC').toLowerCase()).filter((word) => [...word].length > 2))
  return [...long].toSorted((a, b) => b.length - a.length)
}

function isTooSimilar(known: string[], solid: string) {
  const rest = known.map(withoutSeparators).reduce((text, word) => text.replaceAll(word, ''), solid)
  return rest !== solid && rest.replace(/[^\p{L}\p{N}]/gu, '').length < MIN_OWN_CHARACTERS
}

const phrases = famousPhrases.map(withoutSeparators)

/** Digits are separators here: `correct1horse2battery3staple`. */
function isFamous(solid: string) {
  const letters = solid.replace(/\p{Nd}/gu, '')
  return phrases.some((phrase) => letters.includes(phrase) && solid.length - phrase.length < MIN_OWN_CHARACTERS)
}

const WEAK = 'This password is easy to guess.'

async function checkStrength(password: string, core: string, known: string[]) {
  const { guessesLog10, feedback } = await check(core, MAX_CHECKED_LENGTH, known)
  const symbols = password.match(SYMBOLS_AT_ENDS)?.join('') ?? ''
  return guessesLog10 + strengthOfSeparators(symbols) < MIN_LOG10 ? (feedback.warning ?? WEAK) : undefined
}

/**
 * The words of a short passphrase are fewer attempts without spaces, so here it is weak only if it also consists of patterns
 * and common passwords, or if six characters of any kind would be as strong.
 */
async function checkWithoutSeparators(password: string, solid: string, known: string[]) {
  const separators = strengthOfSeparators(password)
  const { guessesLog10, sequence, feedback } = await check(solid, MAX_SOLID_LENGTH, known)
  const strength = guessesLog10 + separators
  const own = sequence.reduce((sum, match) => sum + (isPattern(match) ? 1 : match.token.length), separators)
  const isWeak = strength < MIN_OWN_CHARACTERS || (strength < MIN_LOG10 && own < MIN_OWN_CHARACTERS)
  return isWeak ? (feedback.warning ?? WEAK) : undefined
}

const isPattern = ({ pattern, dictionaryName }: MatchExtended) =>
  pattern !== 'bruteforce' && (pattern !== 'dictionary' || /passwords|userInputs/.test(dictionaryName))

async function check(password: string, maxLength: number, known: string[]) {
  const zxcvbn = await (checker ??= loadChecker())
  await new Promise(setImmediate) // other requests run between two checks
  return zxcvbn.check([...password].slice(0, maxLength).join(''), known)
}

let checker: Promise<ZxcvbnFactory> | undefined

/** Loaded on first use: the dictionaries take 100 ms and several megabytes. */
async function loadChecker() {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const { translations } = english
  return new core.ZxcvbnFactory({
    dictionary: {
      ...common.dictionary,
      ...english.dictionary,
      'passwords-famous': famousPhrases.flatMap((phrase) => [phrase.toLowerCase(), withoutSeparators(phrase)]),
    },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: MAX_L33T_SUBSTITUTIONS,
    translations: {
      ...translations,
      warnings: { ...translations.warnings, userInputs: TOO_SIMILAR },
    },
  })
}
