import { parseCommand } from '@/cli/parse-args'
import { runCommand } from '@/cli/commands'
import type { Site } from './site'

/** Runs `bun run user` with these arguments and this standard input. */
export async function user({ deps }: Pick<Site, 'deps'>, args: string[], input?: string) {
  const read = parseCommand(args)
  if (read.kind === 'answer') return read.answer
  return runCommand(deps, read.order, async () => {
    if (input === undefined) throw new Error('the input was read, and might not have come')
    return input
  })
}
