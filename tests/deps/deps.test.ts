import { expect, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { openDeps, writeAside } from '@/deps/deps'
import { takeErrors } from '../support/no-stray-errors'
import { openSite } from '../support/site'

test('what breaks in a write that no answer waits for any longer is told all the same', async () => {
  const { deps } = await openSite()
  const written = Promise.withResolvers<void>()
  expect(await writeAside(deps, () => written.promise)).toBeUndefined()
  written.reject(new Error('a bug'))
  await written.promise.catch(() => undefined)
  expect(takeErrors()).toMatchObject([{ msg: 'not written', err: { message: 'a bug' } }])
})

test('and where the answer does wait for it still, that is how it ends', async () => {
  const { deps } = await openSite()
  await expect(writeAside(deps, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})

test('an event is logged as information, and a suspected attack as a warning', async () => {
  const config = readConfig({ DATABASE_URL: 'sqlite::memory:', LOG_FORMAT: 'json' })
  const lines: string[] = []
  const { tell, db } = await openDeps(config, { logTo: { write: (line) => void lines.push(line) } })
  tell({ kind: 'limited', by: 'source' })
  tell({ kind: 'attack-suspected', limit: 'login', count: 1000 })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, kind: 'limited', by: 'source' },
    { level: 40, kind: 'attack-suspected', limit: 'login', count: 1000 },
  ])
  await db.destroy()
})
