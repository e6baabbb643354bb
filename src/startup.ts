import { existsSync } from 'node:fs'
import { readConfig, redactUrl, type Config } from './config/env'
import { openDeps, type OpenOptions } from './deps/deps'

// How every program of the house begins: with good settings and an open database, or it stops and says why.

export function readConfigOrExit() {
  try {
    return readConfig()
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

/** For a program that makes no database: behind a mistyped name there is none, and no empty one either. */
export function requireDatabaseFile(config: Config) {
  const path = config.databaseUrl.replace('sqlite:', '')
  if (path === ':memory:' || existsSync(path)) return config
  return exitWith(`DATABASE_URL is "${redactUrl(config.databaseUrl)}", and there is no such database.`)
}

export async function openDepsOrExit(config: Config, options?: OpenOptions) {
  try {
    return await openDeps(config, options)
  } catch (error) {
    const named = `DATABASE_URL is "${redactUrl(config.databaseUrl)}"`
    return exitWith(`${named}, and that database cannot be opened and written: ${messageOf(error)}.`)
  }
}

export function exitWith(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
