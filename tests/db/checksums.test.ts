import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { tempFolder } from '../support/temp'

/** An adopter lists released migrations in the second file, so that a later version of the core changes other lines. */
const LISTS = ['CHECKSUMS', 'CHECKSUMS.own']

/** Returns the lines of the lists whose file is missing or differs, and invalid lines. */
function listChanged(folder: string) {
  const lists = LISTS.map((name) => `${folder}/${name}`).filter(existsSync)
  const lines = lists.flatMap((path) => readFileSync(path, 'utf8').split('\n'))
  return lines.filter((line) => line !== '' && !line.startsWith('#') && !isUnchanged(folder, line))
}

function isUnchanged(folder: string, line: string) {
  const [, hash, name] = /^([0-9a-f]{64}) [ *](\w+\.ts)$/.exec(line) ?? []
  const path = `${folder}/${name}`
  return name !== undefined && existsSync(path) && Bun.SHA256.hash(readFileSync(path), 'hex') === hash
}

const RELEASED = 'export const up = 1\n'
const LINE = `${Bun.SHA256.hash(RELEASED, 'hex')}  0001_initial.ts\n`

async function folderWith(files: Record<string, string>) {
  const folder = tempFolder('checksums')
  for (const [name, text] of Object.entries(files)) await Bun.write(`${folder}/${name}`, text)
  return folder
}

test('released migrations are unchanged', () => {
  expect(readFileSync('db/migrations/CHECKSUMS', 'utf8')).toContain('0001_initial.ts')
  expect(listChanged('db/migrations')).toEqual([])
})

test('the check finds a changed file, a deleted file and an unreadable line, and ignores a new file', async () => {
  const good = { CHECKSUMS: `# a comment\n${LINE}`, '0001_initial.ts': RELEASED, '0002_notes.ts': 'new' }
  expect(listChanged(await folderWith(good))).toEqual([])
  expect(listChanged(await folderWith({ ...good, '0001_initial.ts': `${RELEASED} ` }))).toEqual([LINE.trimEnd()])
  expect(listChanged(await folderWith({ CHECKSUMS: LINE }))).toEqual([LINE.trimEnd()])
  expect(listChanged(await folderWith({ ...good, CHECKSUMS: 'x  0001_initial.ts\n' }))).toEqual(['x  0001_initial.ts'])
})
