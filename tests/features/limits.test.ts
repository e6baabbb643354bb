import { expect, test } from 'bun:test'
import { createUser } from '@/model/users/users'
import { days, minutes, seconds } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'
import type { Browser } from '../support/browser'

const PROXIED = { TRUST_PROXY: '1' }
const wrongLogin = { ...ann, password: 'wrong' }
const unknown = { email: 'unknown@example.test', password: 'wrong' }
const from = (address: string) => ({ 'x-forwarded-for': address })

/** The statuses of `count` sequential login attempts. */
async function statuses(
  browser: Browser,
  n: number,
  fields: { email: string; password: string } = wrongLogin,
  headers = {},
) {
  const answers: number[] = []
  for (let i = 0; i < n; i++) answers.push((await browser.post('/login', fields, headers)).status)
  return answers
}

test('five attempts are free, then the backoff doubles up to 15 minutes', async () => {
  const { browser, advance } = await annAndEve()
  expect(await statuses(browser(), 6)).toEqual([422, 422, 422, 422, 422, 429])
  for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900].map(seconds)) {
    advance(wait - 1)
    expect(await statuses(browser(), 1)).toEqual([429])
    advance(1)
    expect(await statuses(browser(), 2)).toEqual([422, 429])
  }
})

test('a rate-limited login shows the remaining wait and keeps all input except the password', async () => {
  const { browser } = await annAndEve()
  const visitor = browser()
  await statuses(visitor, 5)
  const { status, headers, html } = await visitor.post('/login?next=%2Fdashboard', { ...wrongLogin, remember: 'yes' })
  expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  expect(html).toContain('Too many attempts. Wait 1 second, then try again.')
  for (const kept of [`value="${ann.email}"`, 'value="yes" checked', 'value="/dashboard"', 'role="alert"'])
    expect(html).toContain(kept)
  expect(html).not.toContain('value="wrong"')
  expect((await visitor.postHtmx('/login', wrongLogin)).html).toContain('Too many attempts.')
})

test('an unknown address gets the same responses as a known one, byte for byte', async () => {
  const { browser, deps, users } = await annAndEve()
  await deps.db.updateTable('users').set({ deactivated_at: 1 }).where('id', '=', users.eve.id).execute()
  const [anns, unknowns, eves] = [wrongLogin, unknown, { ...eve, password: 'wrong' }].map((fields) => ({
    fields,
    browser: browser(),
  }))
  for (let i = 0; i < 6; i++) {
    const answers = []
    for (const one of [anns, unknowns, eves]) {
      const { status, headers, html } = (await one?.browser.post('/login', one.fields)) ?? {}
      answers.push([status, headers?.get('retry-after'), html?.replaceAll(one?.fields.email ?? '', 'their address')])
    }
    expect(answers[1]).toEqual(answers[0] as never)
    expect(answers[2]).toEqual(answers[0] as never)
  }
})

test('the right password fails during the backoff and clears it afterwards', async () => {
  const { browser, advance } = await annAndEve()
  await statuses(browser(), 5)
  expect(await statuses(browser(), 1, ann)).toEqual([429])
  advance(seconds(1))
  expect(await statuses(browser(), 1, ann)).toEqual([303])
  expect(await statuses(browser(), 6)).toEqual([422, 422, 422, 422, 422, 429])
})

test('a hundred wrong passwords lock the account, and a password change unlocks it', async () => {
  const { browser, advance, events, deps, users } = await annAndEve(PROXIED)
  const wrong: number[] = []
  for (let i = 0; i < 120; i++) {
    advance(minutes(15))
    wrong.push(...(await statuses(browser(), 1, wrongLogin, from(`10.0.0.${i}`))))
  }
  expect(wrong).toEqual([...Array(100).fill(422), ...Array(20).fill(429)])
  expect(events.filter(({ kind }) => kind === 'account-locked')).toEqual([
    { kind: 'account-locked', userId: users.ann.id },
  ])
  advance(days(365))
  const { status, html } = await browser().post('/login', ann, from('10.0.1.1'))
  expect([status, html.includes('Too many failed attempts. Log in from a browser that you have used before')]).toEqual([
    429,
    true,
  ])
  expect(await deps.db.selectFrom('login_failures').select('count').execute()).toEqual([{ count: 100 }])
})

test('a successful login from the same source does not reset its limit', async () => {
  const { browser } = await annAndEve()
  for (let i = 0; i < 5; i++) {
    await statuses(browser(), 1)
    expect(await statuses(browser(), 1, eve)).toEqual([303])
  }
  expect(await statuses(browser(), 1)).toEqual([429])
})

test('one source gets 20 attempts in ten minutes and 100 per day, for any number of addresses', async () => {
  const { browser, advance } = await annAndEve(PROXIED)
  let addresses = 0
  const next = () => ({ email: `unknown-${++addresses}@example.test`, password: 'wrong' })
  const twenty = async () => {
    const answers: number[] = []
    for (let i = 0; i < 21; i++) answers.push(...(await statuses(browser(), 1, next(), from('192.0.2.7'))))
    return answers
  }
  const allowed = [...Array(20).fill(422), 429]
  for (let i = 0; i < 5; i++) {
    expect(await twenty()).toEqual(allowed)
    advance(minutes(10))
  }
  expect(await twenty()).toEqual(Array(21).fill(429))
  expect(await statuses(browser(), 1, next(), from('192.0.2.8'))).toEqual([422])
  advance(days(1) - minutes(50) - 1)
  expect(await statuses(browser(), 1, next(), from('192.0.2.7'))).toEqual([429])
  advance(1)
  expect(await twenty()).toEqual(allowed)
})

test('a source is an IPv4 address in any spelling or an IPv6 /64', async () => {
  const { browser } = await annAndEve(PROXIED)
  const at = async (address: string) =>
    (await statuses(browser(), 1, { email: `${Math.random()}@example.test`, password: 'x' }, from(address)))[0]
  for (let i = 0; i < 20; i++) {
    expect(await at(`2001:db8:1:2:${i}::1`)).toBe(422)
    expect(await at(i % 2 ? '192.0.2.9' : '::ffff:192.0.2.9')).toBe(422)
  }
  expect([await at('2001:db8:1:2:ffff::'), await at('192.0.2.9'), await at('::ffff:192.0.2.9')]).toEqual([
    429, 429, 429,
  ])
  expect([await at('2001:db8:1:3::1'), await at('192.0.2.10')]).toEqual([422, 422])
})

const spread = async (env: Record<string, string>, address: string, n = 21) => {
  const { browser } = await annAndEve({ ...PROXIED, ...env })
  const answers: number[] = []
  for (let i = 0; i < n; i++)
    answers.push(...(await statuses(browser(), 1, { email: `n${i}@example.test`, password: 'x' }, from(address))))
  return answers.at(-1)
}

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '[::1]:5000'])(
  'in development, 20 wrong passwords from %s do not lock out developers',
  async (address) => {
    expect(await spread({}, address)).toBe(422)
    expect(await spread({ NODE_ENV: 'production', APP_URL: 'https://localhost' }, address)).toBe(429)
    expect(await spread({ NODE_ENV: 'test' }, address)).toBe(429)
  },
)

test.each(['192.0.2.1', '10.0.0.1', '12.7.0.1', '2001:db8::1', '::2:0:0:0:1', 'unknown'])(
  'in development, the limits of a source apply to %s',
  async (address) => {
    expect(await spread({}, address)).toBe(429)
  },
)

test('in development, the backoff and the lockout of an account apply to loopback', async () => {
  const { browser, deps, advance } = await annAndEve(PROXIED)
  deps.config.limits.account.max = 7
  expect(await statuses(browser(), 6, wrongLogin, from('127.0.0.1'))).toEqual([422, 422, 422, 422, 422, 429])
  advance(minutes(15))
  expect(await statuses(browser(), 1, wrongLogin, from('::1'))).toEqual([422])
  advance(minutes(15))
  expect(await statuses(browser(), 1, wrongLogin, from('::1'))).toEqual([422])
  advance(days(1))
  expect(await statuses(browser(), 1, ann, from('127.0.0.1'))).toEqual([429])
})

signupTest('in development, sign-ups from loopback have no limit per source', async () => {
  const { browser, deps } = await annAndEve(PROXIED)
  deps.config.limits['new-account'].source = [{ max: 1, window: days(1) }]
  deps.config.limits.signup.source = [{ max: 1, window: days(1) }]
  const signUp = async (email: string, address: string) =>
    (await browser().post('/signup', { ...ann, email, password: 'violet marmalade kettle' }, from(address))).status
  for (const address of ['127.0.0.1', '::1'])
    for (const name of ['a', 'b', 'c']) {
      expect(await signUp(`${name}-${address.length}@example.test`, address)).toBe(303)
      expect(await signUp(eve.email, address)).toBe(422)
    }
  expect([await signUp('d@example.test', '192.0.2.1'), await signUp('e@example.test', '192.0.2.1')]).toEqual([303, 429])
})

test('X-Forwarded-For is ignored without a proxy', async () => {
  const { browser } = await annAndEve()
  const answers: number[] = []
  for (let i = 0; i < 21; i++)
    answers.push(...(await statuses(browser(), 1, { email: `n${i}@example.test`, password: 'x' }, from(`10.0.0.${i}`))))
  expect(answers.at(-1)).toBe(429)
})

test('many sources raise an alarm and block no user', async () => {
  const { browser, deps, events, annsBrowser, advance } = await annLoggedIn(PROXIED)
  await annsBrowser.post('/logout')
  deps.config.limits.login.alarm = { max: 30, window: minutes(10) }
  let bots = 0
  const attack = async (n: number) => {
    for (let i = 0; i < n; i++) {
      const victim = { email: `victim-${++bots}@example.test`, password: 'wrong' }
      expect(await statuses(browser(), 1, victim, from(`10.0.${bots >> 8}.${bots & 255}`))).toEqual([422])
    }
  }
  const alarms = () => events.filter(({ kind }) => kind === 'attack-suspected')
  await attack(29)
  expect(await statuses(browser(), 1, eve, from('10.1.0.1'))).toEqual([303]) // a right password is no confirmed hit
  expect(alarms()).toEqual([])
  await attack(1)
  expect(alarms()).toEqual([{ kind: 'attack-suspected', limit: 'login', count: 30 }])
  await attack(70)
  advance(minutes(10) - 1)
  await attack(30)
  expect(alarms()).toHaveLength(1)
  advance(1)
  await attack(1)
  expect(alarms().slice(1)).toEqual([{ kind: 'attack-suspected', limit: 'login', count: 31 }])
  expect(await statuses(browser(), 1, eve, from('10.1.0.1'))).toEqual([303])
  expect(await statuses(annsBrowser, 1, ann, from('10.0.0.1'))).toEqual([303])
  expect(events.filter(({ kind }) => kind === 'rate-limited')).toEqual([])
})

signupTest('many sources that probe accounts by sign-up raise a separate alarm', async () => {
  const { browser, deps, events } = await annAndEve(PROXIED)
  deps.config.limits.signup.alarm = { max: 3, window: minutes(10) }
  const taken = { ...ann, password: 'violet marmalade kettle' }
  for (let i = 0; i < 4; i++) await browser().post('/signup', taken, from(`10.0.0.${i}`))
  expect(events.filter(({ kind }) => kind === 'attack-suspected')).toEqual([
    { kind: 'attack-suspected', limit: 'signup', count: 3 },
  ])
})

test('a limit of zero refuses the first attempt, with the whole period as the delay', async () => {
  const { browser, deps } = await annAndEve(PROXIED)
  deps.config.limits.login.source = [{ max: 0, window: minutes(10) }]
  const { status, headers } = await browser().post('/login', ann)
  expect([status, headers.get('retry-after')]).toEqual([429, '600'])
  deps.config.limits.login.source = []
  deps.config.limits.login.network = [{ max: 0, window: minutes(10) }]
  expect(await statuses(browser(), 1, ann, from('2001:db8:1:2::1'))).toEqual([429])
  expect(await statuses(browser(), 1, ann, from('192.0.2.1'))).toEqual([303])
})

signupTest('sign-up reveals at most 20 taken addresses and creates 100 accounts per day', async () => {
  const { browser, deps, advance } = await annAndEve()
  await createUser(deps, { email: 'kim@example.test', name: 'Kim', password: ann.password })
  const visitor = browser()
  const signUp = async (email: string) =>
    (await visitor.post('/signup', { ...ann, email, password: 'violet marmalade kettle' })).status
  for (let i = 0; i < 25; i++) expect(await signUp(`new-${i}@example.test`)).toBe(303)
  for (let i = 0; i < 20; i++) expect(await signUp(i % 2 ? ann.email : eve.email)).toBe(422)
  expect(await signUp('kim@example.test')).toBe(429)
  const { html, headers } = await visitor.post('/signup', { ...ann, name: 'Anna' })
  expect(html).toContain('Too many attempts. Wait 10 minutes, then try again.')
  expect([headers.get('retry-after'), html.includes('value="Anna"')]).toEqual(['600', true])
  advance(minutes(10))
  deps.config.limits['new-account'].source = [{ max: 26, window: days(1) }]
  expect([await signUp('new-25@example.test'), await signUp('new-26@example.test')]).toEqual([303, 429])
  advance(days(1))
  expect(await signUp('new-26@example.test')).toBe(303)
})
