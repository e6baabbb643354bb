import { expect, jest, test } from 'bun:test'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { consume } from '@/model/limits/rate-limits'
import { startRetentionJob } from '@/retention-job'
import { days, minutes } from '@/lib/duration'
import { takeLoggedErrors } from './support/no-stray-errors'
import { annLoggedIn } from './support/people'

const settle = async () => {
  for (let i = 0; i < 40; i++) {
    jest.advanceTimersByTime(50)
    for (let j = 0; j < 20; j++) await Promise.resolve()
  }
}

test('the retention job runs with the server, logs errors, continues after them and stops with the server', async () => {
  const site = await annLoggedIn()
  const sessions = async () => (await site.deps.db.selectFrom('sessions').select('id').execute()).length
  const shutdown = new AbortController()
  jest.useFakeTimers()
  try {
    startRetentionJob(site.deps, shutdown.signal)
    site.advance(days(31))
    expect(await sessions()).toBe(1)
    jest.advanceTimersByTime(minutes(10))
    await settle()
    expect(await sessions()).toBe(0)

    await site.deps.db.schema.dropTable('rate_limit_hits').execute()
    jest.advanceTimersByTime(minutes(10))
    await settle()
    expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(['retention batch failed'])
    shutdown.abort()
    jest.advanceTimersByTime(minutes(20))
    await settle()
  } finally {
    jest.useRealTimers()
  }
})

test('a clock that is 800 days ahead deletes nothing, and caps still apply', async () => {
  const site = await annLoggedIn()
  const { deps } = site
  await createApiToken(deps, site.users.ann, { name: 'x', scopes: [], lifetime: days(1) })
  const count = async () => {
    const tables = ['sessions', 'known_devices', 'api_tokens', 'security_events'] as const
    return Promise.all(tables.map(async (table) => (await deps.db.selectFrom(table).selectAll().execute()).length))
  }
  const before = await count()
  expect(before).not.toContain(0)
  deps.config.rowCaps.inTotal.rateLimitHits = 5
  for (let i = 0; i < 10; i++) await consume(deps, 'login', `192.0.2.${i}`)
  const shutdown = new AbortController()
  jest.useFakeTimers()
  try {
    startRetentionJob(deps, shutdown.signal)
    site.advance(minutes(10))
    site.setClock(deps.now() + days(800))
    jest.advanceTimersByTime(minutes(10))
    await settle()
    expect(await count()).toEqual(before)
    expect((await deps.db.selectFrom('rate_limit_hits').select('id').execute()).length).toBeLessThan(10)
    expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual([
      'retention paused because the clock jumped by 800 days. Correct it. If it is right, restart the server.',
    ])
    site.setClock(deps.now() - days(800))
    jest.advanceTimersByTime(minutes(10))
    await settle()
    expect(await count()).toEqual(before)
    shutdown.abort()
  } finally {
    jest.useRealTimers()
  }
})
