import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

const folders: string[] = []

/** A new folder, removed at the end of the run. */
export function tempFolder(name: string) {
  const folder = mkdtempSync(`${tmpdir()}/tests-${name}-`)
  folders.push(folder)
  return folder
}

/** The path of a database file that does not exist yet, in a folder of its own. */
export const tempDatabase = (name = 'database') => `${tempFolder(name)}/test.sqlite`

export function removeTempFolders() {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

process.on('exit', removeTempFolders) // for the scripts; `bun test` emits no `exit` event
