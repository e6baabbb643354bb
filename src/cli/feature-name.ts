import { capitalize } from '@/lib/capitalize'
import { quote } from '@/lib/quote'

export interface FeatureName {
  /** The folder in `src/features`, which is the first segment of the path. */
  folder: string
  variable: string
  page: string
  title: string
}

const PATTERN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MAX_LENGTH = 30 // the lines of the templates stay within 120 characters

/** The core treats these first segments specially, also if their folder was deleted. `probe` is a page of the tests. */
const RESERVED = 'api assets home login logout probe relogin session signup well-known'.split(' ')

/** Not allowed as a variable in a module. */
const KEYWORDS = (
  'arguments await break case catch class const continue debugger default delete do else enum eval export exports ' +
  'extends false finally for function if implements import in instanceof interface let module new null package ' +
  'private protected public require return static super switch this throw true try typeof undefined var void while ' +
  'with yield'
).split(' ')

/** Throws with the reason if the name is not usable. */
export function parseFeatureName(typed: string): FeatureName {
  if (!PATTERN.test(typed))
    throw new RangeError(
      `the name ${quote(typed)} is not valid. Use lower-case letters, digits and single dashes, for example my-notes`,
    )
  if (typed.length > MAX_LENGTH) throw new RangeError(`the name is longer than ${MAX_LENGTH} characters`)
  if (RESERVED.includes(typed)) throw new RangeError(`the name "${typed}" is reserved for the core`)
  if (KEYWORDS.includes(typed)) throw new RangeError(`the name "${typed}" is a keyword of TypeScript`)
  const [first = '', ...others] = typed.split('-')
  const pascal = [first, ...others].map(capitalize).join('')
  return {
    folder: typed,
    variable: first + others.map(capitalize).join(''),
    page: `${pascal}Page`,
    title: [capitalize(first), ...others].join(' '),
  }
}
