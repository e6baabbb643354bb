import { isatty } from 'node:tty'
import { failure, type CommandOutput } from './cli/output'
import { parseCommand, type ParsedCommand } from './cli/parse-args'
import { runCommand } from './cli/commands'
import { openStderr } from './lib/log'
import { requireDatabaseFile, messageOf, openDepsOrExit, readConfigOrExit } from './startup'

const MAX_INPUT = 64 * 1024 // characters: more is no password, and `yes |` never ends

const read = parseCommand(Bun.argv.slice(2))
process.exit(await printOutput(read.kind === 'answer' ? read.answer : await main(read.order)))

async function main(order: ParsedCommand) {
  const config = order.verb === 'create' ? readConfigOrExit() : requireDatabaseFile(readConfigOrExit())
  const deps = await openDepsOrExit(config, { logTo: openStderr() })
  try {
    return await runCommand(deps, order, readInput)
  } catch (error) {
    return failure(`That could not be done: ${messageOf(error)}.`)
  } finally {
    await deps.db.destroy()
  }
}

async function readInput() {
  let text = ''
  if (isatty(0)) return text
  for await (const part of Bun.stdin.stream().pipeThrough(new TextDecoderStream())) {
    text += part
    if (text.length > MAX_INPUT) break
  }
  return text
}

/** Prints an answer and hands back the code to exit with. */
async function printOutput({ code, text }: CommandOutput): Promise<number> {
  try {
    await Bun.write(code === 0 ? Bun.stdout : Bun.stderr, `${text}\n`)
    return code
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return code // `| head` has read enough
    process.stderr.write(`What was done could not be printed: ${messageOf(error)}.\n`)
    return 1
  }
}
