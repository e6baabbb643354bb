import { expect, jest, test } from 'bun:test'
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
