import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'

const SYNTAX = 'bun run new feature NAME'

const usage = `Adds a page of your own to the app.

  ${SYNTAX}   writes src/features/NAME, its test, and its lines in src/app.ts and src/ui/navigation.ts

NAME is the first segment of the address: my-notes becomes /my-notes.
Exit codes: 0 success, 1 failure, 2 usage error.`

/** Returns the name of the feature, or output for help and usage errors. */
export function parseNewArgs(args: string[]): string | CommandOutput {
  const [kind, name, unexpected] = args
  if (args.some((arg) => arg === '--help' || arg === '-h') || kind === 'help') return success(usage)
  if (kind === undefined) return { code: 2, text: usage }
  if (kind !== 'feature') return usageError(`unknown command ${quote(kind)}; use ${SYNTAX}`, 'new')
  if (name === undefined) return usageError(`NAME is missing; use ${SYNTAX}`, 'new')
  if (unexpected !== undefined) return usageError(`unexpected argument ${quote(unexpected)}; use ${SYNTAX}`, 'new')
  return name
}
