import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

const MIN_SCORE = 3 // of 4: more than 10^8 guesses, "safely unguessable" in zxcvbn's scale
// What a hostile password may cost our only thread: ten milliseconds, where the defaults take hundreds. Code points, and
// readings of `4` as `a` and the like that are tried at once.
const MAX_CHECKED_LENGTH = 48
const MAX_L33T_SUBSTITUTIONS = 5
// What most people add when a site asks for signs, and whoever guesses tries first. The meter would count it as a third
// word, which to it is always enough: `Summer2026!!`.
const SYMBOLS_AT_ENDS = /^[^\p{L}\p{N}]{1,4}(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])[^\p{L}\p{N}]{1,4}$/gu
const MIN_OWN_CHARACTERS = 6 // letters and digits beside what others know
const TOO_SIMILAR = 'Too similar to your email address, your name or the name of this site.'

/** Whom the password would belong to: what others know about them is no secret. */
export type Owner = { email: string; name: string }

/** Why a password would be guessed soon, as a sentence that says how to do better, or undefined if it would not. */
export async function validateStrength(password: string, owner: Owner, siteName: string) {
  const known = knownWords(owner, siteName)
  const why = isTooSimilar(known, password) ? TOO_SIMILAR : await checkStrength(password, known)
  return why && `${why} Add a few unrelated words.`
}

/** The address, the name and their parts, longest first: ann.lee@example.com, Ann Lee -> …, ann lee, example, ann, lee, com */
function knownWords({ email, name }: Owner, siteName: string) {
  const words = [
    email,
    email.split(/[^\p{L}\p{N}]+/u),
    [name, siteName].flatMap((text) => [text, ...text.split(/\s+/)]),
  ].flat()
  const long = new Set(words.map((word) => word.normalize('NFKC').toLowerCase()).filter((word) => [...word].length > 2))
  return [...long].toSorted((a, b) => b.length - a.length)
}

/** Whether little is left once the known words are struck out. A known word in a longer password does no harm. */
function isTooSimilar(known: string[], password: string) {
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase())
  return rest !== password.toLowerCase() && rest.replace(/[^\p{L}\p{N}]/gu, '').length < MIN_OWN_CHARACTERS
}

async function checkStrength(password: string, known: string[]) {
  const meter = await (checker ??= loadChecker())
  const { score, feedback } = meter.check(
    [...password.replace(SYMBOLS_AT_ENDS, '')].slice(0, MAX_CHECKED_LENGTH).join(''),
    known,
  )
  return score >= MIN_SCORE ? undefined : (feedback.warning ?? 'This password is easy to guess.')
}

let checker: Promise<ZxcvbnFactory> | undefined

/** The dictionaries take a tenth of a second and some megabytes, so they are loaded when somebody first needs them. */
async function loadChecker() {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const { translations } = english
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: MAX_L33T_SUBSTITUTIONS,
    translations: {
      ...translations,
      warnings: { ...translations.warnings, userInputs: TOO_SIMILAR },
    },
  })
}
