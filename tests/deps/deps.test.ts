import { expect, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { openSite } from '../support/site'

test('a best-effort write that fails after its timeout is logged', async () => {
  const { deps } = await openSite()
  const written = Promise.withResolvers<void>()
  expect(await writeBestEffort(deps, () => written.promise)).toBeUndefined()
  written.reject(new Error('a bug'))
  await written.promise.catch(() => undefined)
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'best-effort write failed', err: { message: 'a bug' } }])
})

test('a best-effort write that fails within its timeout throws', async () => {
  const { deps } = await openSite()
  await expect(writeBestEffort(deps, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})

test('an event is logged at level info, and a suspected attack at level warn', async () => {
  const config = readConfig({ DATABASE_URL: 'sqlite::memory:', LOG_FORMAT: 'json' })
  const lines: string[] = []
  const { emit, db } = await openDeps(config, { logTo: { write: (line) => void lines.push(line) } })
  emit({ kind: 'rate-limited', by: 'source' })
  emit({ kind: 'attack-suspected', limit: 'login', count: 1000 })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, kind: 'rate-limited', by: 'source' },
    { level: 40, kind: 'attack-suspected', limit: 'login', count: 1000 },
  ])
  await db.destroy()
})
