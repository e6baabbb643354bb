import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

const STRONG_ENOUGH = 3 // of 4: more than 10^8 guesses, "safely unguessable" in zxcvbn's scale
const CHECKED = 64 // code points: the check takes a second of our only thread for 256, and the first 64 decide

/** Whom the password would belong to: what others know about them is no secret. */
export type Owner = { email: string; name: string }

/** Why a password would be guessed soon, as a sentence that says how to do better, or undefined if it would not. */
export async function flawInStrength(password: string, owner: Owner) {
  const meter = await (openedMeter ??= openMeter())
  const { score, feedback } = meter.check([...password].slice(0, CHECKED).join(''), knownWords(owner))
  if (score >= STRONG_ENOUGH) return
  const why = feedback.warning ?? 'This would be guessed quickly.'
  return `${why} Add a few words that have nothing to do with each other.`
}

/** The address, the name and their parts: ann.lee@example.com, Ann Lee -> ann, lee, example, … */
const knownWords = ({ email, name }: Owner) => [
  ...new Set(['latchkey', email, name, ...email.split(/[^\p{L}\p{N}]+/u), ...name.split(/\s+/)].filter((word) => [...word].length > 2)),
]

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
    translations: {
      ...translations,
      warnings: { ...translations.warnings, userInputs: 'This is made of your own address or name, or of ours.' },
    },
  })
}
