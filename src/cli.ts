import { isatty } from 'node:tty'
import { failure, type CommandOutput } from './cli/output'
import { parseCommand, type ParsedCommand } from './cli/parse-args'
import { runCommand } from './cli/commands'
import { openStderr } from './lib/log'
import { messageOf, openDepsOrExit, readConfigOrExit, requireDatabaseFile, requireFirstStart } from './startup'

const MAX_INPUT = 64 * 1024 // `yes |` never ends

const parsed = parseCommand(Bun.argv.slice(2))
process.exit(await printOutput(parsed.kind === 'output' ? parsed.output : await main(parsed.command)))

async function main(command: ParsedCommand) {
  const config = readConfigOrExit()
  if (command.verb === 'create') requireFirstStart(config, true)
  else requireDatabaseFile(config)
  const deps = await openDepsOrExit(config, { logTo: openStderr() })
  try {
    return await runCommand(deps, command, readInput)
  } catch (error) {
    return failure(`Failed: ${messageOf(error)}`)
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

/** Returns the exit code. */
async function printOutput({ code, text }: CommandOutput): Promise<number> {
  try {
    await Bun.write(code === 0 ? Bun.stdout : Bun.stderr, `${text}\n`)
    return code
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return code // `| head` closes the pipe early
    process.stderr.write(`Command succeeded but output failed: ${messageOf(error)}\n`)
    return 1
  }
}
