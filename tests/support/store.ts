import { Database } from 'bun:sqlite'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { annLoggedIn } from './people'

export const newFile = () => `${mkdtempSync(`${tmpdir()}/latchkey-store-`)}/latchkey.sqlite`

/** Ann is logged in on a site that keeps its database on the disk, where somebody else can lay hands on it, too. */
export async function annOnDisk(file = newFile()) {
  const site = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  return { ...site, file, other: new Database(file) }
}
