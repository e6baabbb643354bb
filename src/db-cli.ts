import { backUp, restore } from '@db/backup'
import { copyToFile, copyToServer } from '@db/copy'
import { adviceOn } from '@db/errors'
import { openDb, sqlitePath } from '@db/open'
import { failure, success, usageError } from './cli/output'
import { parseDbCommand, type DbCommand } from './cli/parse-db-args'
import { systemTime } from './deps/deps'
import { parseDatabaseUrl } from './config/database-url'
import { redactUrl, type Config } from './config/env'
import { createKeyRing } from './lib/key-ring'
import { quote } from './lib/quote'
import {
  cannotOpen,
  exitWithOutput,
  messageOf,
  readConfigOrExit,
  requireDatabaseFile,
  requireFirstStart,
} from './startup'

process.umask(0o077) // the copies contain password hashes

const command = parseDbCommand(Bun.argv.slice(2))
await exitWithOutput('verb' in command ? await main(command) : command)

async function main(command: DbCommand) {
  const config = readConfigOrExit()
  if (command.verb === 'migrate') return migrateDatabase(config)
  return command.verb === 'copy' ? copyBetween(config, command) : copyFile(config, command)
}

async function migrateDatabase(config: Config) {
  requireFirstStart(config, true)
  const lines: string[] = []
  try {
    const db = await openDb(config.databaseUrl, {
      onMigrated: (name) => lines.push(`  ${name}`),
      onNewer: () => lines.push('The database is newer than this version.'),
    })
    await db.destroy()
  } catch (error) {
    return failure(cannotOpen(config, error))
  }
  return success('The database is up to date.', ...lines)
}

async function copyBetween(
  { production, secretKeys }: Config,
  { file, server, isReverse }: Extract<DbCommand, { verb: 'copy' }>,
) {
  const [source, target] = [parseDatabaseUrl(file, production), parseDatabaseUrl(server, production)]
  if ('wanted' in source) return usageError(`${quote(file)} should be ${source.wanted}`, 'db')
  if ('wanted' in target) return usageError(`${quote(redactUrl(server))} should be ${target.wanted}`, 'db')
  const path = sqlitePath(source.value)
  if (path === undefined || path === ':memory:')
    return usageError('the first database should be sqlite: and a file', 'db')
  if (sqlitePath(target.value) !== undefined) return usageError('the second database should be postgres://…', 'db')
  const keys = secretKeys.length > 0 ? createKeyRing(secretKeys, () => new Uint8Array()) : undefined
  const hasKey = (keyId: string) => keys?.hasKey(keyId) ?? false
  try {
    const counts = isReverse
      ? await copyToFile(target.value, path, hasKey)
      : await copyToServer(path, target.value, hasKey)
    const copied = isReverse ? `${path} has all rows of the server.` : `The server has all rows of ${path}.`
    return success(copied, ...rows(counts), 'Set DATABASE_URL to the copy, and keep SECRET_KEYS. Users stay logged in.')
  } catch (error) {
    const [cause, advice] = [messageOf(error).replace(/\.$/, ''), adviceOn(error)]
    return failure(`Copy failed: ${cause}.${advice ? ` ${advice}` : ''} Nothing was copied.`)
  }
}

async function copyFile(config: Config, { verb, file }: { verb: 'backup' | 'restore'; file: string }) {
  const path = sqlitePath(config.databaseUrl)
  const program = verb === 'backup' ? 'pg_dump' : 'pg_restore'
  if (path === undefined)
    return failure(`Use ${program} for PostgreSQL, as docs/postgres.md shows. Nothing was changed.`)
  if (path === ':memory:') return failure('A database in memory has no file.')
  if (verb === 'backup') requireDatabaseFile(config)
  try {
    return verb === 'backup' ? backUpTo(path, file) : await restoreFrom(path, file)
  } catch (error) {
    const cause = messageOf(error).replace(/\.$/, '')
    return failure(`${verb === 'backup' ? 'Backup' : 'Restore'} failed: ${cause}. Nothing was changed.`)
  }
}

function backUpTo(path: string, file: string) {
  const counts = backUp(path, file)
  return success(`${file} is a complete copy of ${path}.`, ...rows(counts))
}

async function restoreFrom(path: string, file: string) {
  const { counts, former, isUnused } = await restore(path, file, new Date(systemTime()))
  return success(
    `${path} is now a copy of ${file}.`,
    ...rows(counts),
    ...(former ? [`The replaced database is ${former}.`] : []),
    ...(isUnused ? [] : ['Restart the server if it still runs: it uses the lost database.']),
    'Sessions, API tokens, passwords and roles are those of the copy, also if they were revoked or changed later.',
    'End all sessions before you start the server: bun run user end-all-sessions --api-tokens',
  )
}

function rows(counts: Record<string, number>) {
  const width = Math.max(...Object.keys(counts).map((name) => name.length))
  return Object.entries(counts).map(([name, count]) => `  ${name.padEnd(width)}  ${count}`)
}
