import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'
import { joinChoices } from './usage'

/** The arguments of each command. */
const parameters = { status: undefined, list: undefined, retry: 'ID', test: 'ADDRESS' } as const

type Verb = keyof typeof parameters

/** `argument` is empty if the command takes none. */
export type MailCommand = { verb: Verb; argument: string }

const verbs: Verb[] = ['status', 'list', 'retry', 'test']

const usage = `Shows and repeats the emails that wait in the database that DATABASE_URL names.

  bun run mail status        counts emails; exit code 1 while the oldest has waited for more than 15 minutes
  bun run mail list          lists waiting and failed emails
  bun run mail retry ID|all  sends a waiting email, or all, without the pause after a failure
  bun run mail test ADDRESS  sends one email past the queue and shows what the mail server answers

Exit codes: 0 success, 1 failure, 2 usage error.`

/** Returns output instead of a command for help and usage errors. */
export function parseMailCommand(args: string[]): MailCommand | CommandOutput {
  const [typed, argument, unexpected] = args
  if (args.some((arg) => arg === '--help' || arg === '-h') || typed === 'help') return success(usage)
  if (typed === undefined) return { code: 2, text: usage }
  const verb = verbs.find((one) => one === typed)
  const parameter = verb && parameters[verb]
  // An ID may start with a dash.
  const option = args.find((arg) => arg.startsWith('-') && !(parameter && arg === argument))
  if (option !== undefined) return usageError(`unknown option ${quote(option)}`, 'mail')
  if (!verb) return usageError(`unknown command ${quote(typed)}; use ${joinChoices(verbs)}`, 'mail')
  const syntax = `bun run mail ${[verb, parameter].filter(Boolean).join(' ')}`
  if (parameter && !argument) return usageError(`${parameter} is missing; use ${syntax}`, 'mail')
  const extra = parameter ? unexpected : argument
  if (extra !== undefined) return usageError(`unexpected argument ${quote(extra)}; use ${syntax}`, 'mail')
  return { verb, argument: argument ?? '' }
}
