import { readConfig, withoutSecrets, type Config } from './config'
import { openDeps } from './deps'
import type { DestinationStream } from './lib/log'

// How every program of the house begins: with good settings and an open database, or it stops and says why.

export function readOrStop() {
  try {
    return readConfig()
  } catch (error) {
    return stop(messageOf(error))
  }
}

export async function openOrStop(config: Config, logTo?: DestinationStream) {
  try {
    return await openDeps(config, logTo)
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
