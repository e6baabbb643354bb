import { expect, test } from 'bun:test'
import * as migrations from '@db/migrations'
import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { openSite } from '../support/site'
import { tempDatabase } from '../support/temp'

test('a best-effort write that fails after its timeout is logged', async () => {
  const { deps } = await openSite()
  const written = Promise.withResolvers<void>()
  const wait = { ...deps, bestEffortTimeout: 1 }
  expect(await writeBestEffort(wait, () => written.promise)).toBeUndefined()
  written.reject(new Error('a bug'))
  await written.promise.catch(() => undefined)
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'best-effort write failed', err: { message: 'a bug' } }])
})

test('a best-effort write that fails within its timeout throws', async () => {
  const { deps } = await openSite()
  await expect(writeBestEffort(deps, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})

async function openWithLog(url: string) {
  const lines: string[] = []
  const config = readConfig({ DATABASE_URL: url, LOG_FORMAT: 'json' })
  const deps = await openDeps(config, { logTo: { write: (line) => void lines.push(line) } })
  return { ...deps, takeLines: () => lines.splice(0).map((line): object => JSON.parse(line)) }
}

test('the start logs each migration that it applies', async () => {
  const url = `sqlite:${tempDatabase()}`
  const first = await openWithLog(url)
  const expected = Object.keys(migrations).map((migration) => ({ level: 30, migration, msg: 'migration applied' }))
  expect(first.takeLines()).toMatchObject(expected)
  await first.db.destroy()
  const second = await openWithLog(url)
  expect(second.takeLines()).toEqual([])
  await second.db.destroy()
})

test('an event is logged at level info, and a suspected attack at level warn', async () => {
  const { emit, db, takeLines } = await openWithLog('sqlite::memory:')
  takeLines() // of the migrations
  emit({ kind: 'rate-limited', by: 'source' })
  emit({ kind: 'attack-suspected', limit: 'login', count: 1000 })
  expect(takeLines()).toMatchObject([
    { level: 30, kind: 'rate-limited', by: 'source' },
    { level: 40, kind: 'attack-suspected', limit: 'login', count: 1000 },
  ])
  await db.destroy()
})
