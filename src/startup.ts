import { existsSync } from 'node:fs'
import { adviceOn } from '@db/sqlite/errors'
import { readConfig, redactUrl, type Config } from './config/env'
import { openDeps, type OpenOptions } from './deps/deps'

export function readConfigOrExit() {
  try {
    return readConfig()
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

/** Without this check, a mistyped DATABASE_URL would create an empty database. */
export function requireDatabaseFile(config: Config) {
  const path = config.databaseUrl.replace('sqlite:', '')
  if (path === ':memory:' || existsSync(path)) return config
  return exitWith(`Database not found: DATABASE_URL=${redactUrl(config.databaseUrl)}`)
}

export async function openDepsOrExit(config: Config, options?: OpenOptions) {
  try {
    return await openDeps(config, options)
  } catch (error) {
    const url = redactUrl(config.databaseUrl)
    const advice = adviceOn(error)
    return exitWith(`Cannot open database DATABASE_URL=${url}: ${messageOf(error)}${advice ? `. ${advice}` : ''}`)
  }
}

export function exitWith(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
