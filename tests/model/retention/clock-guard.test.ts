import { expect, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { openClockGuard } from '@/model/retention/clock-guard'
import { logLines, takeLoggedErrors } from '../../support/no-stray-errors'
import { annAndEve } from '../../support/people'
import { openSite } from '../../support/site'
import { statementsDuring } from '../../support/statements'

async function guardedSite() {
  const site = await annAndEve()
  const guard = await openClockGuard(site.deps)
  const shiftClock = (ms: number) => site.setClock(site.deps.now() + ms)
  return { ...site, guard, shiftClock }
}

const errors = () => takeLoggedErrors().map(({ msg }) => msg)

test('a clock that runs with the uptime is trusted, however long the rounds are apart', async () => {
  const { guard, advance } = await guardedSite()
  for (const ms of [0, minutes(10), days(1), days(400)]) {
    advance(ms)
    expect([ms, guard.isTrusted()]).toEqual([ms, true])
  }
})

test.each([
  [days(800), '800 days'],
  [days(1) + 1, '1 days'],
  [-days(1) - 1, '-1 days'],
  [-days(800), '-800 days'],
])('a clock that jumps by %d ms is not trusted, which is logged once', async (ms, shown) => {
  const { guard, advance, shiftClock } = await guardedSite()
  expect(guard.isTrusted()).toBe(true)
  advance(minutes(10))
  shiftClock(ms)
  for (let round = 0; round < 300; round++) {
    expect(guard.isTrusted()).toBe(false)
    advance(minutes(10))
  }
  expect(errors()).toEqual([
    `retention paused because the clock jumped by ${shown}. Correct it. If it is right, restart the server.`,
  ])
})

test.each([days(1), -days(1)])('a clock that jumps by %d ms is trusted', async (ms) => {
  const { guard, shiftClock } = await guardedSite()
  shiftClock(ms)
  expect(guard.isTrusted()).toBe(true)
})

test('a corrected clock is trusted again, also after days', async () => {
  const { guard, advance, shiftClock } = await guardedSite()
  shiftClock(days(800))
  expect(guard.isTrusted()).toBe(false)
  advance(days(3))
  shiftClock(-days(800) + hours(1))
  expect(guard.isTrusted()).toBe(true)
  expect(errors()).toHaveLength(1)
  expect(logLines.map((line) => JSON.parse(line).msg)).toContain('retention resumed')
})

test('a restart trusts a clock that was right after a jump', async () => {
  const { deps, advance, shiftClock, guard, browser } = await guardedSite()
  shiftClock(days(800))
  expect(guard.isTrusted()).toBe(false)
  await browser().post('/login', { email: 'zoe@example.test', password: 'wrong' })
  advance(minutes(1))
  expect((await openClockGuard(deps)).isTrusted()).toBe(true)
  takeLoggedErrors()
})

test('a start long after the newest row waits for a day of uptime', async () => {
  const { deps, advance, shiftClock } = await guardedSite()
  shiftClock(days(800))
  const guard = await openClockGuard(deps)
  advance(days(1) - 1)
  expect(guard.isTrusted()).toBe(false)
  expect(errors()).toEqual([
    'retention paused for a day: the clock is 800 days after the newest row. If it is wrong, stop the server and correct it.',
  ])
  advance(1)
  expect(guard.isTrusted()).toBe(true)
})

test.each([
  [days(30), true],
  [days(30) + 1, false],
  [-days(800), true],
])('a start %d ms after the newest row trusts the clock: %p', async (ms, isTrusted) => {
  const { deps, shiftClock } = await guardedSite()
  shiftClock(ms)
  expect((await openClockGuard(deps)).isTrusted()).toBe(isTrusted)
  takeLoggedErrors()
})

test('a start reads no further table after one with a new row', async () => {
  const { deps, browser } = await annAndEve()
  await browser().post('/login', { email: 'zoe@example.test', password: 'wrong' })
  const statements = await statementsDuring(deps, () => openClockGuard(deps))
  expect(statements).toEqual([expect.stringContaining('"rate_limit_hits"')])
})

test('a start with an empty database trusts the clock', async () => {
  expect((await openClockGuard((await openSite()).deps)).isTrusted()).toBe(true)
})
