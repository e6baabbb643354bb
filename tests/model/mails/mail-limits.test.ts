import { expect, test } from 'bun:test'
import { days, hours } from '@/lib/duration'
import { consumeMailRecipient, consumeMailRequest, consumeUnknownRecipient } from '@/model/mails/mail-limits'
import { openSite } from '../../support/site'

const times = async <T>(count: number, work: (i: number) => Promise<T>) => {
  const results: T[] = []
  for (let i = 0; i < count; i++) results.push(await work(i))
  return results
}

test('a source may ask for 20 mails per hour, and a network for 200', async () => {
  const { deps, advance } = await openSite()
  expect(await times(20, () => consumeMailRequest(deps, '192.0.2.1'))).toEqual(Array(20).fill(undefined))
  expect(await consumeMailRequest(deps, '192.0.2.1')).toEqual({
    kind: 'rate-limited',
    by: 'source',
    retryAfterMs: hours(1),
  })
  expect(await consumeMailRequest(deps, '192.0.2.2')).toBeUndefined()
  const ofNetwork = (i: number) => consumeMailRequest(deps, `2001:db8:0:${i.toString(16)}::/64`)
  expect(await times(200, ofNetwork)).toEqual(Array(200).fill(undefined))
  expect(await ofNetwork(200)).toMatchObject({ kind: 'rate-limited', by: 'network' })
  advance(hours(1))
  expect(await consumeMailRequest(deps, '192.0.2.1')).toBeUndefined()
})

test('2,000 requests for mails per hour raise an alarm and refuse none', async () => {
  const { deps, events } = await openSite()
  const limit = deps.config.limits['mail-request'].alarm
  expect(limit).toEqual({ max: 2000, window: hours(1) })
  if (limit) limit.max = 5
  const requests = await times(8, (i) => consumeMailRequest(deps, `192.0.2.${i}`))
  expect(requests).toEqual(Array(8).fill(undefined))
  expect(events).toEqual([{ kind: 'attack-suspected', limit: 'mail-request', count: 5 }])
})

test('forms may write to an address three times per hour and ten times a day', async () => {
  const { deps, advance, events } = await openSite()
  const allowed: boolean[] = []
  for (let hour = 0; hour < 5; hour++) {
    allowed.push(...(await times(4, () => consumeMailRecipient(deps, 'ann@example.test'))))
    advance(hours(1))
  }
  const threeOfFour = [true, true, true, false]
  expect(allowed).toEqual([
    ...threeOfFour,
    ...threeOfFour,
    ...threeOfFour,
    true,
    false,
    false,
    false,
    ...Array(4).fill(false),
  ])
  expect(await consumeMailRecipient(deps, 'eve@example.test')).toBe(true)
  advance(days(1))
  expect(await consumeMailRecipient(deps, 'ann@example.test')).toBe(true)
  expect(events).toEqual([])
})

test('the site may write to 200 addresses without an account per hour and to 1,000 a day', async () => {
  const { deps, advance } = await openSite()
  let count = 0
  for (let hour = 0; hour < 7; hour++) {
    const allowed = await times(205, () => consumeUnknownRecipient(deps))
    expect(allowed.filter(Boolean)).toHaveLength(hour < 5 ? 200 : 0)
    count += allowed.filter(Boolean).length
    advance(hours(1))
  }
  expect(count).toBe(1000)
})

test('the limits by address and of the site hold on the loopback interface in development too', async () => {
  const { deps } = await openSite({ NODE_ENV: 'development' })
  expect(await times(25, () => consumeMailRequest(deps, '127.0.0.1'))).toEqual(Array(25).fill(undefined))
  expect((await times(4, () => consumeMailRecipient(deps, 'ann@example.test'))).at(-1)).toBe(false)
})
