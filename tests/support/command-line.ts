import { parseCommand } from '@/cli/parse-args'
import { runCommand } from '@/cli/commands'
import type { Site } from './site'

/** Runs `bun run user` with these arguments and this standard input. */
export async function user({ deps }: Pick<Site, 'deps'>, args: string[], input?: string) {
  const parsed = parseCommand(args)
  if (parsed.kind === 'output') return parsed.output
  return runCommand(deps, parsed.command, async () => {
    if (input === undefined) throw new Error('the command read its input')
    return input
  })
}
