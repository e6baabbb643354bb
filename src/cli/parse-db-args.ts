import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'
import { joinChoices } from './usage'

const verbs = ['backup', 'restore'] as const

export type DbCommand = { verb: (typeof verbs)[number]; file: string }

const usage = `Copies the database that DATABASE_URL names.

  bun run db backup FILE   writes a checked copy to the new file FILE, also while the server runs
  bun run db restore FILE  replaces the database by the copy FILE; stop the server first

restore keeps the replaced database beside the new one. If FILE is not usable, it changes nothing.
Exit codes: 0 success, 1 failure, 2 usage error.`

/** Returns output instead of a command for help and usage errors. */
export function parseDbCommand(args: string[]): DbCommand | CommandOutput {
  const [typed, file, unexpected] = args
  if (args.some((arg) => arg === '--help' || arg === '-h') || typed === 'help') return success(usage)
  if (typed === undefined) return { code: 2, text: usage }
  const option = args.find((arg) => arg.startsWith('-'))
  if (option !== undefined) return usageError(`unknown option ${quote(option)}`, 'db')
  const verb = verbs.find((one) => one === typed)
  if (!verb) return usageError(`unknown command ${quote(typed)}; use ${joinChoices(verbs)}`, 'db')
  if (!file) return usageError(`FILE is missing; use bun run db ${verb} FILE`, 'db')
  if (unexpected !== undefined) return usageError(`unexpected argument ${quote(unexpected)}`, 'db')
  return { verb, file }
}
