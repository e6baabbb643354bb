import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann, annAndEve } from '../support/people'

// One customer can own a whole IPv6 network, and so any number of sources.

/** A site behind a proxy; each login or sign-up uses another email address. */
async function asked() {
  const site = await annAndEve({ TRUST_PROXY: '1' })
  let people = 0
  const person = () => ({ email: `n${++people}@example.test`, name: 'N', password: 'violet marmalade kettle' })
  const ask = async (address: string, path = '/login', fields: Record<string, string> = person()) =>
    (await site.browser().post(path, fields, { 'x-forwarded-for': address })).status
  return { ...site, ask }
}

test('one /48 gets 200 wrong passwords checked in ten minutes, and no more than its daily limit', async () => {
  const { ask, advance, events, deps } = await asked()
  const [perTenMinutes] = deps.config.limits.login.network
  if (!perTenMinutes) throw new Error('a network has no limit')
  deps.config.limits.login.network = [perTenMinutes, { max: 400, window: days(1) }] // 2,000 attempts would take seconds
  let source = 0
  const rush = async (n: number) => {
    const answers: number[] = []
    for (let i = 0; i < n; i++) answers.push(await ask(`2001:db8:aaaa:${(++source).toString(16)}::1`))
    return answers
  }
  const allowed = [...Array(200).fill(422), 429]
  for (let i = 0; i < 2; i++) {
    expect(await rush(201)).toEqual(allowed)
    expect(events.at(-1)).toEqual({ kind: 'rate-limited', by: 'network' })
    advance(minutes(10))
  }
  expect(await rush(2)).toEqual([429, 429])
  advance(days(1) - minutes(20))
  expect(await rush(1)).toEqual([422])
})

test('a network over its limit does not block another network', async () => {
  const { ask } = await asked()
  for (let i = 0; i < 201; i++) await ask(`2001:db8:aaaa:${i.toString(16)}::1`)
  expect(await ask('2001:db8:aaaa:ffff::1', '/login', ann)).toBe(429)
  expect(await ask('2001:db8:aaab::1', '/login', ann)).toBe(303)
  expect(await ask('192.0.2.1', '/login', ann)).toBe(303)
})

test('IPv4 addresses and requests without an IP have no network limit', async () => {
  const { ask, deps } = await asked()
  deps.config.limits.login.network = [{ max: 1, window: minutes(10) }]
  for (const address of ['192.0.2.1', '192.0.2.2', '::ffff:192.0.2.3', '', '']) expect(await ask(address)).toBe(422)
  expect([await ask('2001:db8:1:1::1'), await ask('2001:db8:1:2::1')]).toEqual([422, 429])
})

signupTest('sign-ups count toward the network limit, with taken and with new addresses', async () => {
  const { ask, deps } = await asked()
  deps.config.limits.signup.network = [{ max: 2, window: minutes(10) }]
  const taken = (i: number) => ask(`2001:db8:1:${i}::1`, '/signup', { ...ann, password: 'violet marmalade kettle' })
  expect([await taken(1), await taken(2), await taken(3)]).toEqual([422, 422, 429])
  deps.config.limits.signup.network = []
  deps.config.limits['new-account'].network = [{ max: 2, window: days(1) }]
  const made = (i: number) => ask(`2001:db8:1:${i}::1`, '/signup')
  expect([await made(1), await made(2), await made(3)]).toEqual([303, 303, 429])
})
