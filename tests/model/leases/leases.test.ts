import { expect, test } from 'bun:test'
import { acquireLease, releaseLease } from '@/model/leases/leases'
import { days, seconds } from '@/lib/duration'
import { openSite } from '../../support/site'

test('of twenty processes that want a job at once, one gets it', async () => {
  const { deps } = await openSite()
  const holders = Array.from({ length: 20 }, (_, i) => `process ${i}`)
  const acquired = await Promise.all(holders.map((holder) => acquireLease(deps, 'retention', holder)))
  expect(acquired.filter((has) => has)).toEqual([true])
  const rows = deps.db.selectFrom('leases').select(['name', 'holder']).orderBy('name')
  expect(await rows.execute()).toEqual([{ name: 'retention', holder: holders[acquired.indexOf(true)] ?? '' }])
})

test('another process gets the job when the lease has expired, and not before', async () => {
  const { deps, advance } = await openSite()
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
  advance(seconds(30) - 1)
  expect(await acquireLease(deps, 'retention', 'b')).toBe(false)
  advance(1)
  expect(await acquireLease(deps, 'retention', 'b')).toBe(true)
  expect(await acquireLease(deps, 'retention', 'a')).toBe(false)
})

test('a lease that was acquired while the clock was wrong does not stop the job for long', async () => {
  const { deps, setClock } = await openSite()
  const right = deps.now()
  setClock(right + days(800))
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
  setClock(right)
  expect(await acquireLease(deps, 'retention', 'b')).toBe(true)
})

test('the holder renews its lease, also after the time of the lease', async () => {
  const { deps, advance } = await openSite()
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
  advance(seconds(20))
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
  advance(seconds(20))
  expect(await acquireLease(deps, 'retention', 'b')).toBe(false)
  advance(seconds(20))
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
})

test('a released lease is free at once, and only its holder can release it', async () => {
  const { deps } = await openSite()
  await acquireLease(deps, 'retention', 'a')
  await releaseLease(deps, 'retention', 'b')
  expect(await acquireLease(deps, 'retention', 'b')).toBe(false)
  await releaseLease(deps, 'retention', 'a')
  expect(await acquireLease(deps, 'retention', 'b')).toBe(true)
})

test('leases of different jobs are independent', async () => {
  const { deps } = await openSite()
  expect(await acquireLease(deps, 'retention', 'a')).toBe(true)
  expect(await acquireLease(deps, 'another job', 'b')).toBe(true)
})
