import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'
import { joinChoices } from './usage'

const verbs = ['backup', 'restore', 'migrate', 'copy'] as const
type Verb = (typeof verbs)[number]

export type DbCommand =
  | { verb: 'backup' | 'restore'; file: string }
  | { verb: 'migrate' }
  | { verb: 'copy'; file: string; server: string; isReverse: boolean }

const syntaxes: Record<Verb, string[]> = {
  backup: ['FILE'],
  restore: ['FILE'],
  migrate: [],
  copy: ['sqlite:FILE', 'postgres://…'],
}

const usage = `Copies or migrates the database that DATABASE_URL names.

  bun run db backup FILE   writes a checked copy to the new file FILE, also while the server runs
  bun run db restore FILE  replaces the database by the copy FILE; stop the server first
  bun run db migrate       applies the pending migrations, for servers with MIGRATE=off
  bun run db copy sqlite:FILE postgres://…
                           copies all rows of the file into an empty database of PostgreSQL; stop the server first
  bun run db copy --reverse sqlite:FILE postgres://…
                           copies all rows from PostgreSQL into the new file FILE; stop all servers first

backup and restore are for SQLite. restore keeps the replaced database beside the new one.
copy does not use DATABASE_URL. A command that fails leaves no copied row behind.
Exit codes: 0 success, 1 failure, 2 usage error.`

/** Returns output instead of a command for help and usage errors. */
export function parseDbCommand(args: string[]): DbCommand | CommandOutput {
  if (args.some((arg) => arg === '--help' || arg === '-h') || args[0] === 'help') return success(usage)
  const [typed, ...given] = args.filter((arg) => !arg.startsWith('-'))
  if (args.length === 0) return { code: 2, text: usage }
  const verb = verbs.find((one) => one === typed)
  const option = args.find((arg) => arg.startsWith('-') && !(verb === 'copy' && arg === '--reverse'))
  if (option !== undefined) return usageError(`unknown option ${quote(option)}`, 'db')
  if (!verb) return usageError(`unknown command ${quote(typed ?? '')}; use ${joinChoices(verbs)}`, 'db')
  const missing = syntaxes[verb].find((_, index) => !given[index])
  if (missing)
    return usageError(`${missing} is missing; use ${['bun run db', verb, ...syntaxes[verb]].join(' ')}`, 'db')
  const unexpected = given[syntaxes[verb].length]
  if (unexpected !== undefined) return usageError(`unexpected argument ${quote(unexpected)}`, 'db')
  const [file = '', server = ''] = given
  if (verb === 'migrate') return { verb }
  return verb === 'copy' ? { verb, file, server, isReverse: args.includes('--reverse') } : { verb, file }
}
