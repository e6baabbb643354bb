import { existsSync } from 'node:fs'
import { readConfig, withoutSecrets, type Config } from './config/env'
import { openDeps, type OpenOptions } from './deps/deps'

// How every program of the house begins: with good settings and an open database, or it stops and says why.

export function readOrStop() {
  try {
    return readConfig()
  } catch (error) {
    return stop(messageOf(error))
  }
}

/** For a program that makes no database: behind a mistyped name there is none, and no empty one either. */
export function findOrStop(config: Config) {
  const path = config.databaseUrl.replace('sqlite:', '')
  if (path === ':memory:' || existsSync(path)) return config
  return stop(`DATABASE_URL is "${withoutSecrets(config.databaseUrl)}", and there is no such database.`)
}

export async function openOrStop(config: Config, options?: OpenOptions) {
  try {
    return await openDeps(config, options)
  } catch (error) {
    const named = `DATABASE_URL is "${withoutSecrets(config.databaseUrl)}"`
    return stop(`${named}, and that database cannot be opened and written: ${messageOf(error)}.`)
  }
}

export function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
