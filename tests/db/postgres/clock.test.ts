import { expect, test } from 'bun:test'
import { openClock, readTime } from '@db/postgres/clock'
import { engineOf, isPostgres } from '@db/engine/engine'
import { minutes, seconds } from '@/lib/duration'
import { openSite } from '../../support/site'

const START = Date.parse('2030-01-01T12:00:00Z')

/** A machine and a database with clocks of their own. A round trip takes `trips` milliseconds, both ways alike. */
function clocks({ ahead = 0, trips = [10] }: { ahead?: number; trips?: number[] } = {}) {
  let [elapsed, skew, count] = [0, 0, 0]
  const readTime = async () => {
    const trip = trips[count++ % trips.length] ?? 0
    elapsed += trip / 2
    const time = START + elapsed + skew
    elapsed += trip / 2
    return time
  }
  const system = { systemTime: () => START + elapsed + ahead, elapsed: () => elapsed }
  return {
    open: () => openClock(system, readTime),
    pass: (ms: number) => void (elapsed += ms),
    /** The difference from the database. */
    differenceOf: ({ now }: { now(): number }) => now() - (START + elapsed + skew),
    setDatabase: (ms: number) => void (skew += ms),
    setSystem: (ms: number) => void (ahead += ms),
  }
}

test('the time is that of the database, and a jump of the system clock has no effect', async () => {
  const { open, pass, differenceOf, setSystem } = clocks({ ahead: seconds(9) })
  const clock = await open()
  expect(differenceOf(clock)).toBe(0)
  setSystem(-minutes(2))
  pass(seconds(50))
  expect(differenceOf(clock)).toBe(0)
  clock.close()
})

test('the quickest of five round trips decides', async () => {
  const { open, differenceOf } = clocks({ trips: [900, 300, 4, 700, 80] })
  const clock = await open()
  expect(differenceOf(clock)).toBe(0)
  clock.close()
})

test.each([
  [seconds(11), '11 s ahead of'],
  [-seconds(11), '11 s behind'],
])('a system clock that differs by %p ms stops the start with one line', async (ahead, text) => {
  await expect(clocks({ ahead }).open()).rejects.toThrow(
    `the clock of this machine is ${text} the clock of the database. Correct it`,
  )
})

test('a correction moves the time by at most 10 ms per second, and never back', async () => {
  const { open, pass, differenceOf, setDatabase } = clocks()
  const clock = await open()
  setDatabase(-100)
  await clock.correct()
  const before = differenceOf(clock)
  expect(before).toBeGreaterThan(95)
  let last = clock.now()
  for (let i = 0; i < 50; i++) {
    pass(100)
    expect(clock.now()).toBeGreaterThan(last)
    last = clock.now()
  }
  expect(before - differenceOf(clock)).toBeWithin(49, 52)
  pass(seconds(10))
  expect(differenceOf(clock)).toBe(0)
  clock.close()
})

test('after the machine slept for two minutes, the next measurement sets the time at once', async () => {
  const { open, differenceOf, setDatabase } = clocks()
  const clock = await open()
  setDatabase(minutes(2)) // `elapsed` stood still
  await clock.correct()
  expect(differenceOf(clock)).toBe(0)
  clock.close()
})

test('SQLite uses the clock of the machine, and PostgreSQL its own', async () => {
  const { db } = (await openSite()).deps
  const system = { systemTime: () => Date.now(), elapsed: () => performance.now() }
  const now = await engineOf(db).openClock(system)
  if (!isPostgres(db)) return expect(now).toBe(system.systemTime)
  const [before, time] = [now(), await readTime(db)]
  expect(Math.abs(time - before)).toBeLessThan(seconds(5))
  expect(Number.isInteger(now())).toBe(true)
})
