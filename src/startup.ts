import { lookup } from 'node:dns/promises'
import { databaseExists, findTrace } from '@db/database-file'
import { adviceOn } from '@db/errors'
import { sqlitePath } from '@db/open'
import type { CommandOutput } from './cli/output'
import { readConfig, redactUrl, type Config } from './config/env'
import { DEV_MAILBOX } from './lib/dev-mailbox'
import { openDeps, type Deps, type OpenOptions } from './deps/deps'
import { countAdminsAtRisk } from './model/accounts/factors/admins-at-risk'
import { countForeignPasskeys } from './model/passkeys/foreign'

export function readConfigOrExit(flags?: Record<string, string>) {
  try {
    return readConfig(undefined, flags)
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

/** Without this check, a mistyped DATABASE_URL would create an empty database. A server creates no database by itself. */
export function requireDatabaseFile(config: Config) {
  const path = sqlitePath(config.databaseUrl)
  return path === undefined || databaseExists(path) ? config : exitWith(notFound(config))
}

/** A lost database must not become an empty one. `isCareful` is false in development, where an empty one is welcome. */
export function requireFirstStart(config: Config, isCareful: boolean) {
  const path = sqlitePath(config.databaseUrl)
  if (path === undefined || databaseExists(path) || config.databaseCreate === 'on') return config
  if (config.databaseCreate === 'off') return exitWith(`${notFound(config)}. DATABASE_CREATE=off creates no database.`)
  const trace = isCareful ? findTrace(path) : undefined
  if (trace === undefined) return config
  return exitWith(
    `${notFound(config)}. Its folder is in use (${trace}). Put the file back, or restore a backup: bun run db restore FILE. ` +
      'For a new empty database, set DATABASE_CREATE=on for one start.',
  )
}

const notFound = ({ databaseUrl }: Config) => `Database not found: DATABASE_URL=${redactUrl(databaseUrl)}`

export async function openDepsOrExit(config: Config, options?: OpenOptions) {
  try {
    return await openDeps(config, options)
  } catch (error) {
    return exitWith(cannotOpen(config, error))
  }
}

export function cannotOpen({ databaseUrl }: Config, error: unknown) {
  const advice = adviceOn(error)
  return `Cannot open database DATABASE_URL=${redactUrl(databaseUrl)}: ${messageOf(error)}${advice ? `. ${advice}` : ''}`
}

/** One line for the log. */
export function describeMail({ mail: { transport, from }, appUrl, emailVerification }: Config) {
  if (transport.kind === 'off') return 'Email is off.'
  const where =
    transport.kind === 'mailbox'
      ? `Email is written to ${DEV_MAILBOX}. Read it at ${appUrl}/dev/mailbox.`
      : `Email is sent through ${transport.host}:${transport.port} as ${from.address}.`
  return `${where}${verificationTexts[emailVerification]}`
}

const verificationTexts: Record<Config['emailVerification'], string> = {
  required: ' Sign-up requires a confirmed address.',
  optional: ' Confirmation is optional.',
  off: '',
}

/** A change of `PASSKEY_DOMAIN` cannot be noticed later: browsers offer no passkey, and no request arrives. */
export async function warnOfForeignPasskeys(deps: Deps) {
  const { passkeys, lockedOutUsers } = await countForeignPasskeys(deps)
  if (passkeys === 0) return
  const { passkeyDomain } = deps.config
  deps.log.warn(
    { passkeys, lockedOutUsers },
    `PASSKEY_DOMAIN is ${passkeyDomain}: passkeys of another domain do not work (${passkeys}), ` +
      `and users need an administrator because they have no other second factor (${lockedOutUsers})`,
  )
}

export const listenAddress = ({ host, port }: Config) => `${host.includes(':') ? `[${host}]` : host}:${port}`

export async function exitWithListenError(error: unknown, config: Config): Promise<never> {
  return exitWith(`Cannot listen on ${listenAddress(config)}: ${await explainListenError(error, config.host)}`)
}

/** Bun reports a host name that does not resolve with any code, also that of a port in use. */
async function explainListenError(error: unknown, host: string) {
  const isFound = await lookup(host).then(
    () => true,
    () => false,
  )
  if (!isFound) return 'the host name does not resolve. Set HOST to a name or an IP address of this machine.'
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'EADDRINUSE') return 'the port is in use. Stop the other program, or set PORT.'
  if (code === 'EACCES') return 'only root may use this port. Set PORT to 1024 or more.'
  const cause = code === 'EADDRNOTAVAIL' ? 'the IP address is not one of this machine' : messageOf(error)
  return `${cause}. Set HOST to an IP address of this machine, or to 0.0.0.0 for all of them.`
}

export function exitWith(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

export async function exitWithOutput(output: CommandOutput): Promise<never> {
  process.exit(await printOutput(output))
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

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Where no policy asks for a second factor. Development has test accounts. */
export async function warnOfAdminsAtRisk(deps: Deps) {
  if (!deps.config.production || deps.config.mfa !== 'optional') return
  const admins = await countAdminsAtRisk(deps)
  if (admins > 0) deps.log.warn({ admins }, 'admins have no second factor: set MFA=required-for-admins to require one')
}
