import { isatty } from 'node:tty'
import { auth } from './auth'
import { runCommand } from './cli/commands'
import { runMailCommand } from './cli/mail-commands'
import { failure, type CommandOutput } from './cli/output'
import { parseCommand } from './cli/parse-args'
import { parseMailCommand } from './cli/parse-mail-args'
import type { Config } from './config/env'
import type { Deps } from './deps/deps'
import { openStderr } from './lib/log'
import { renderMail } from './mail-templates'
import {
  exitWithOutput,
  messageOf,
  openDepsOrExit,
  readConfigOrExit,
  requireDatabaseFile,
  requireFirstStart,
} from './startup'

const MAX_INPUT = 64 * 1024 // `yes |` never ends

const [program, ...args] = Bun.argv.slice(2)
await exitWithOutput(program === 'mail' ? await mailProgram(args) : await userProgram(Bun.argv.slice(2)))

async function userProgram(args: string[]) {
  const parsed = parseCommand(args)
  if (parsed.kind === 'output') return parsed.output
  const { command } = parsed
  const config = readConfigOrExit()
  if (command.verb === 'create') requireFirstStart(config, true)
  else requireDatabaseFile(config)
  return withDeps(config, (deps) => runCommand(deps, command, readInput, auth.onUserDeleted))
}

async function mailProgram(args: string[]) {
  const command = parseMailCommand(args)
  if ('code' in command) return command
  const config = readConfigOrExit()
  if (config.mail.transport.kind === 'off') return failure('Email is off. Set MAIL_URL.')
  requireDatabaseFile(config)
  const renderTest = (email: string) => renderMail(config, 'test', { email, details: {}, tokens: {} })
  return withDeps(config, (deps) => runMailCommand(deps, command, renderTest))
}

async function withDeps(config: Config, work: (deps: Deps) => Promise<CommandOutput>) {
  const deps = await openDepsOrExit(config, { logTo: openStderr() })
  try {
    return await work(deps)
  } catch (error) {
    return failure(`Failed: ${messageOf(error)}`)
  } finally {
    await deps.mailer.close()
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
