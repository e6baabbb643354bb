import { expect, jest, test } from 'bun:test'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { acquireLease } from '@/model/leases/leases'
import { consume } from '@/model/limits/rate-limits'
import { startRetentionJob } from '@/retention-job'
import { days, minutes, seconds } from '@/lib/duration'
import { withFakeTimers } from './support/fake-timers'
import { takeLoggedErrors } from './support/no-stray-errors'
import { ann, annLoggedIn } from './support/people'
import type { Site } from './support/site'

type LoggedInSite = Awaited<ReturnType<typeof annLoggedIn>>

interface Timers {
  settle(): Promise<void>
  /** Both the timers and the clock of the site advance. */
  pass(ms: number): Promise<void>
  /** All batches of a run. */
  finishRun(): Promise<void>
}

async function withTimers(work: (site: LoggedInSite, timers: Timers) => Promise<void>) {
  const site = await annLoggedIn()
  await withFakeTimers(site, (settle) =>
    work(site, {
      settle,
      async pass(ms) {
        for (let passed = 0; passed < ms; passed += seconds(10)) {
          site.advance(seconds(10))
          jest.advanceTimersByTime(seconds(10))
          await settle()
        }
      },
      async finishRun() {
        for (let i = 0; i < 60; i++) {
          jest.advanceTimersByTime(50)
          await settle()
        }
      },
    }),
  )
}

const countSessions = async ({ deps }: Site) =>
  (await deps.db.selectFrom('sessions').select('id').orderBy('id').execute()).length

test('the retention job runs with the server, logs errors, continues after them and stops with the server', () =>
  withTimers(async (site, { pass, finishRun }) => {
    const shutdown = new AbortController()
    const stopped = startRetentionJob(site.deps, shutdown.signal)
    site.advance(days(31))
    expect(await countSessions(site)).toBe(1)
    await pass(minutes(10))
    await finishRun()
    expect(await countSessions(site)).toBe(0)

    await site.deps.db.schema.alterTable('rate_limit_hits').renameTo('elsewhere').execute()
    await pass(minutes(10))
    await finishRun()
    expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(['retention batch failed'])
    await site.deps.db.schema.alterTable('elsewhere').renameTo('rate_limit_hits').execute()
    shutdown.abort()
    await stopped
    await pass(minutes(20))
    expect(await site.deps.db.selectFrom('leases').select('name').orderBy('name').execute()).toEqual([])
  }))

test('a job that could not read the newest row at its start reads it later', () =>
  withTimers(async (site, { settle, pass, finishRun }) => {
    await site.deps.db.schema.alterTable('rate_limit_hits').renameTo('elsewhere').execute()
    const shutdown = new AbortController()
    const stopped = startRetentionJob(site.deps, shutdown.signal)
    await settle()
    await site.deps.db.schema.alterTable('elsewhere').renameTo('rate_limit_hits').execute()
    site.advance(days(31))
    await site.browser().post('/login', ann)
    expect(await countSessions(site)).toBe(2)
    await pass(minutes(10))
    await finishRun()
    expect(await countSessions(site)).toBe(1)
    shutdown.abort()
    await stopped
  }))

test('a clock that is 800 days ahead deletes nothing, and caps still apply', () =>
  withTimers(async (site, { pass, finishRun }) => {
    const { deps } = site
    await createApiToken(deps, site.users.ann, { name: 'x', scopes: [], lifetime: days(1) })
    const count = async () => {
      const tables = ['sessions', 'known_devices', 'api_tokens', 'security_events'] as const
      return Promise.all(
        tables.map(async (table) => (await deps.db.selectFrom(table).select('user_id').execute()).length),
      )
    }
    const before = await count()
    expect(before).not.toContain(0)
    deps.config.rowCaps.inTotal.rateLimitHits = 5
    for (let i = 0; i < 10; i++) await consume(deps, 'login', `192.0.2.${i}`)
    const shutdown = new AbortController()
    const stopped = startRetentionJob(deps, shutdown.signal)
    await pass(minutes(9))
    site.setClock(deps.now() + days(800))
    await pass(minutes(2))
    await finishRun()
    expect(await count()).toEqual(before)
    expect((await deps.db.selectFrom('rate_limit_hits').select('id').orderBy('id').execute()).length).toBeLessThan(10)
    expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual([
      'retention paused because the clock jumped by 800 days. Correct it. If it is right, restart the server.',
    ])
    site.setClock(deps.now() - days(800))
    await pass(minutes(11))
    await finishRun()
    expect(await count()).toEqual(before)
    shutdown.abort()
    await stopped
  }))

test('the job does nothing while another process has the lease, and runs within 40 seconds after that one was killed', () =>
  withTimers(async (site, { pass, finishRun }) => {
    const { deps } = site
    const shutdown = new AbortController()
    const stopped = startRetentionJob(deps, shutdown.signal)
    site.advance(days(31))
    for (let i = 0; i < 90; i++) {
      expect(await acquireLease(deps, 'retention', 'another process')).toBe(true)
      await pass(seconds(10))
    }
    await finishRun()
    expect(await countSessions(site)).toBe(1)
    await pass(seconds(30)) // no renewal since
    await finishRun()
    expect(await countSessions(site)).toBe(0)
    shutdown.abort()
    await stopped
  }))

test('of two processes one keeps the job, and the other takes over as soon as that one stops', () =>
  withTimers(async (site, { pass, finishRun }) => {
    const holderOf = async () =>
      (await site.deps.db.selectFrom('leases').select('holder').orderBy('name').executeTakeFirst())?.holder
    const [first, second] = [new AbortController(), new AbortController()]
    const stopped = [startRetentionJob(site.deps, first.signal), startRetentionJob(site.deps, second.signal)]
    await pass(seconds(10))
    const holder = await holderOf()
    await pass(minutes(12))
    await finishRun()
    expect(await holderOf()).toBe(holder)
    first.abort()
    await stopped[0]
    await pass(seconds(10))
    expect(await holderOf()).not.toBe(holder)
    second.abort()
    await Promise.all(stopped)
  }))
