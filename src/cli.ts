import { isatty } from 'node:tty'
import { failure } from './cli/output'
import { parseCommand, type ParsedCommand } from './cli/parse-args'
import { runCommand } from './cli/commands'
import { openStderr } from './lib/log'
import {
  exitWithOutput,
  messageOf,
  openDepsOrExit,
  readConfigOrExit,
  requireDatabaseFile,
  requireFirstStart,
} from './startup'

const MAX_INPUT = 64 * 1024 // `yes |` never ends

const parsed = parseCommand(Bun.argv.slice(2))
await exitWithOutput(parsed.kind === 'output' ? parsed.output : await main(parsed.command))

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
