import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

const STRONG_ENOUGH = 3 // of 4: more than 10^8 guesses, "safely unguessable" in zxcvbn's scale
// What a hostile password may cost our only thread: ten milliseconds, where the defaults take hundreds. Code points, and
// readings of `4` as `a` and the like that are tried at once.
const CHECKED = 48
const L33T_READINGS = 5
// What most people add when a site asks for signs, and whoever guesses tries first. The meter would count it as a third
// word, which to it is always enough: `Summer2026!!`.
const SIGNS_AT_THE_ENDS = /^[^\p{L}\p{N}]{1,4}(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])[^\p{L}\p{N}]{1,4}$/gu
const ENOUGH_OF_ONES_OWN = 6 // letters and digits beside what others know
const MADE_OF_KNOWN = 'This is made of your own address or name, or of ours.'

/** Whom the password would belong to: what others know about them is no secret. */
export type Owner = { email: string; name: string }

/** Why a password would be guessed soon, as a sentence that says how to do better, or undefined if it would not. */
export async function flawInStrength(password: string, owner: Owner, siteName: string) {
  const known = knownWords(owner, siteName)
  const why = isMadeOf(known, password) ? MADE_OF_KNOWN : await findWeakness(password, known)
  return why && `${why} Add a few words that have nothing to do with each other.`
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
function isMadeOf(known: string[], password: string) {
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase())
  return rest !== password.toLowerCase() && rest.replace(/[^\p{L}\p{N}]/gu, '').length < ENOUGH_OF_ONES_OWN
}

async function findWeakness(password: string, known: string[]) {
  const meter = await (openedMeter ??= openMeter())
  const { score, feedback } = meter.check(
    [...password.replace(SIGNS_AT_THE_ENDS, '')].slice(0, CHECKED).join(''),
    known,
  )
  return score >= STRONG_ENOUGH ? undefined : (feedback.warning ?? 'This would be guessed quickly.')
}

let openedMeter: Promise<ZxcvbnFactory> | undefined

/** The dictionaries take a tenth of a second and some megabytes, so they are loaded when somebody first needs them. */
async function openMeter() {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const { translations } = english
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: L33T_READINGS,
    translations: {
      ...translations,
      warnings: { ...translations.warnings, userInputs: MADE_OF_KNOWN },
    },
  })
}
