import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

const folders: string[] = []

export function tempFolder(name: string) {
  const folder = mkdtempSync(`${tmpdir()}/tests-${name}-`)
  folders.push(folder)
  return folder
}

/** The path of a new database file in its own folder. */
export const tempDatabase = (name = 'database') => `${tempFolder(name)}/test.sqlite`

/** For a site that stays on SQLite when the tests run on PostgreSQL. */
export const onSqlite = () => ({ DATABASE_URL: `sqlite:${tempDatabase()}` })

export function removeTempFolders() {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

process.on('exit', removeTempFolders) // for scripts, because `bun test` emits no `exit` event
