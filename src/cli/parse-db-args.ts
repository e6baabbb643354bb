import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'
import { joinChoices } from './usage'

const verbs = ['backup', 'restore', 'migrate'] as const
type Verb = (typeof verbs)[number]

export type DbCommand = { verb: 'backup' | 'restore'; file: string } | { verb: 'migrate' }

const syntaxes: Record<Verb, string[]> = {
  backup: ['FILE'],
  restore: ['FILE'],
  migrate: [],
}

const usage = `Copies or migrates the database that DATABASE_URL names.

  bun run db backup FILE   writes a checked copy to the new file FILE, also while the server runs
  bun run db restore FILE  replaces the database by the copy FILE; stop the server first
  bun run db migrate       applies the pending migrations, for servers with MIGRATE=off

backup and restore are for SQLite. restore keeps the replaced database beside the new one.
If a command fails, it changes nothing.
Exit codes: 0 success, 1 failure, 2 usage error.`

/** Returns output instead of a command for help and usage errors. */
export function parseDbCommand(args: string[]): DbCommand | CommandOutput {
  if (args.some((arg) => arg === '--help' || arg === '-h') || args[0] === 'help') return success(usage)
  const [typed, ...given] = args.filter((arg) => !arg.startsWith('-'))
  if (args.length === 0) return { code: 2, text: usage }
  const verb = verbs.find((one) => one === typed)
  const option = args.find((arg) => arg.startsWith('-'))
  if (option !== undefined) return usageError(`unknown option ${quote(option)}`, 'db')
  if (!verb) return usageError(`unknown command ${quote(typed ?? '')}; use ${joinChoices(verbs)}`, 'db')
  const missing = syntaxes[verb].find((_, index) => !given[index])
  if (missing)
    return usageError(`${missing} is missing; use ${['bun run db', verb, ...syntaxes[verb]].join(' ')}`, 'db')
  const unexpected = given[syntaxes[verb].length]
  if (unexpected !== undefined) return usageError(`unexpected argument ${quote(unexpected)}`, 'db')
  const [file = ''] = given
  return verb === 'migrate' ? { verb } : { verb, file }
}
