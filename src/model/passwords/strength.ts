import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { toUnicodeEmail } from '@/lib/email-domain'

const MIN_SCORE = 3 // of 4; an attacker needs more than 10^8 attempts
// A hostile password blocks the event loop for 10 ms with these limits, and for hundreds of ms with the defaults.
const MAX_CHECKED_LENGTH = 48 // code points
const MAX_L33T_SUBSTITUTIONS = 5
// Attackers try these symbols first. zxcvbn counts them as another word and accepts `Summer2026!!`.
const SYMBOLS_AT_ENDS = /^[^\p{L}\p{N}]{1,4}(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])[^\p{L}\p{N}]{1,4}$/gu
const MIN_OWN_CHARACTERS = 6 // letters and digits without the known words
const TOO_SIMILAR = 'Too similar to your email address, your name or the name of this site.'

export type Owner = { email: string; name: string }

export async function validateStrength(password: string, owner: Owner, siteName: string) {
  const known = knownWords(owner, siteName)
  const reason = isTooSimilar(known, password) ? TOO_SIMILAR : await checkStrength(password, known)
  return reason && `${reason} Add a few unrelated words.`
}

/** Longest first, for example `ann.lee@example.com`, `ann lee`, `example`, `ann`, `com`, `lee`. */
function knownWords({ email, name }: Owner, siteName: string) {
  const words = [
    [email, toUnicodeEmail(email)].flatMap((text) => [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)]),
    [name, siteName].flatMap((text) => [text, ...text.split(/\s+/)]),
  ].flat()
  const long = new Set(words.map((word) => word.normalize('NFKC').toLowerCase()).filter((word) => [...word].length > 2))
  return [...long].toSorted((a, b) => b.length - a.length)
}

function isTooSimilar(known: string[], password: string) {
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase())
  return rest !== password.toLowerCase() && rest.replace(/[^\p{L}\p{N}]/gu, '').length < MIN_OWN_CHARACTERS
}

async function checkStrength(password: string, known: string[]) {
  const zxcvbn = await (checker ??= loadChecker())
  const { score, feedback } = zxcvbn.check(
    [...password.replace(SYMBOLS_AT_ENDS, '')].slice(0, MAX_CHECKED_LENGTH).join(''),
    known,
  )
  return score >= MIN_SCORE ? undefined : (feedback.warning ?? 'This password is easy to guess.')
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
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: MAX_L33T_SUBSTITUTIONS,
    translations: {
      ...translations,
      warnings: { ...translations.warnings, userInputs: TOO_SIMILAR },
    },
  })
}
