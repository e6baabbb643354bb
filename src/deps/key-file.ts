import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseKeys } from '@/config/secret-keys'
import { base64url } from '@/lib/encoding'
import { KEY_BYTES } from '@/lib/key-ring'

/** `app.sqlite` has its keys in `app.key`. */
export const keyFileOf = (databasePath: string) => `${databasePath.replace(/\.(sqlite3?|db)$/i, '')}.key`

/**
 * The keys in the file next to the database; creates it at the first start. Several processes may start at once, so the file
 * appears with its content or not at all.
 */
export function readKeyFile(databasePath: string, random: (bytes: number) => Uint8Array) {
  const path = keyFileOf(databasePath)
  const text = read(path) ?? create(path, random)
  const parsed = parseKeys(text)
  if ('wanted' in parsed || parsed.value.length === 0)
    throw new Error(`${path} should be one or more keys of 32 bytes in base64url. Put the file back from a backup.`)
  return parsed.value
}

function read(path: string) {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function create(path: string, random: (bytes: number) => Uint8Array) {
  // Random: a start that was killed may have left a file, and in a container the process id is the same again.
  const written = `${path}.${base64url(random(6))}`
  // Flushed: an empty file after a power cut would lose all secrets.
  writeFileSync(written, `${base64url(random(KEY_BYTES))}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(written, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error // another process was first
  } finally {
    rmSync(written, { force: true })
  }
  return readFileSync(path, 'utf8').trim()
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
