import { expect, spyOn, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { findUserByEmail } from '@/model/users/user-list'
import { createUser } from '@/model/users/users'
import { annLoggedIn } from '../support/people'
import { openSite, type Site } from '../support/site'

// A double click without scripts sends the form twice, and the browser shows the second response.

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
const PROXIED = { TRUST_PROXY: '1' }
const from = (ip: string) => ({ 'x-forwarded-for': ip })
const HOME = from('192.0.2.7')

const accounts = ({ deps }: Pick<Site, 'deps'>) => deps.db.selectFrom('users').select('name').execute()
const hits = async ({ deps: { db } }: Pick<Site, 'deps'>) => {
  const rows = await db.selectFrom('rate_limit_hits').select('limit_name').orderBy('limit_name').orderBy('id').execute()
  return rows.map(({ limit_name }) => limit_name)
}

test.each([
  ['the same fields', {}, {}],
  ['another spelling of the address', { email: ' ABE@example.test' }, {}],
  ['another name', { name: 'Abraham' }, {}],
  ['a return path', { next: '/settings' }, { to: '/login?next=%2Fsettings' }],
  ['another spelling of the password', { password: 'five boxing wizards\u00C5' }, {}],
])('a sign-up that is repeated with %s gets the response of the first one', async (_, change, expected) => {
  const site = await openSite(PROXIED)
  const password = 'password' in change ? 'five boxing wizardsA\u030A' : abe.password
  await site.browser().post('/signup', { ...abe, password }, HOME)
  site.advance(minutes(1) - 1)
  const abes = site.browser()
  expect(await abes.post('/signup', { ...abe, ...change }, HOME)).toMatchObject({
    status: 303,
    to: '/login',
    ...expected,
  })
  expect((await abes.get('/login')).html).toContain('Account created. Please log in.')
  expect(await accounts(site)).toEqual([{ name: 'Abe' }])
  expect(site.events.filter(({ kind }) => kind === 'signed-up')).toHaveLength(1)
  expect(await hits(site)).toEqual(['new-account'])
})

test('a sign-up that is repeated later, from another source or with another password finds the address taken', async () => {
  const site = await openSite(PROXIED)
  await site.browser().post('/signup', abe, HOME)
  const taken = async (fields: object, ip = HOME) => {
    const { status, html, set } = await site.browser().post('/signup', { ...abe, ...fields }, ip)
    expect([status, set, html.includes('Email address already exists.')]).toEqual([422, [], true])
  }
  await taken({ password: 'violet marmalade kettle' })
  await taken({ password: 'five boxing Wizards' })
  await taken({}, from('192.0.2.8'))
  await taken({}, from(''))
  expect(await hits(site)).toEqual(['new-account', 'signup', 'signup', 'signup', 'signup'])
  site.advance(minutes(1))
  await taken({})
})

test('an account that the command line created or that was deactivated is taken', async () => {
  const site = await openSite()
  await createUser(site.deps, abe)
  expect((await site.browser().post('/signup', abe)).status).toBe(422)
  const bea = { ...abe, email: 'bea@example.test' }
  await site.browser().post('/signup', bea)
  const user = await findUserByEmail(site.deps, bea.email)
  if (!user) throw new Error('the sign-up failed')
  await deactivateUser(site.deps, user, 'command line')
  expect((await site.browser().post('/signup', bea)).status).toBe(422)
})

test('an account of another source at the same time is taken', async () => {
  const site = await openSite(PROXIED)
  await site.browser().post('/signup', abe, HOME)
  await site.browser().post('/signup', { ...abe, email: 'bea@example.test' }, from('192.0.2.8'))
  expect((await site.browser().post('/signup', abe, from('192.0.2.8'))).status).toBe(422)
})

test('twenty concurrent sign-ups with the same password create one account, and all succeed', async () => {
  const site = await openSite()
  const answers = await Promise.all(Array.from({ length: 20 }, () => site.browser().post('/signup', abe)))
  expect(answers.map(({ status, to }) => [status, to])).toEqual(Array.from({ length: 20 }, () => [303, '/login']))
  expect(await accounts(site)).toEqual([{ name: 'Abe' }])
  expect(site.events.filter(({ kind }) => kind === 'signed-up')).toHaveLength(1)
  expect(await hits(site)).toEqual(['new-account'])
})

test('passwords that are tried on a new account count as sign-ups with a taken address', async () => {
  const site = await openSite(PROXIED)
  await site.browser().post('/signup', abe, HOME)
  for (let i = 0; i < 20; i++)
    expect((await site.browser().post('/signup', { ...abe, password: `violet kettle ${i}` }, HOME)).status).toBe(422)
  for (const password of ['violet marmalade kettle', abe.password])
    expect((await site.browser().post('/signup', { ...abe, password }, HOME)).status).toBe(429)
})

test('a class of 30 users can click twice', async () => {
  const site = await openSite(PROXIED)
  for (let i = 0; i < 30; i++) {
    const one = { ...abe, email: `abe${i}@example.test` }
    for (const _ of 'ab') expect((await site.browser().post('/signup', one, HOME)).status).toBe(303)
    site.advance(seconds(5))
  }
})

test('each sign-up with a taken address costs one hash', async () => {
  const site = await openSite(PROXIED)
  await site.browser().post('/signup', abe, HOME)
  const spies = [spyOn(Bun.password, 'hash'), spyOn(Bun.password, 'verify')]
  const costOf = async (password: string, ip = HOME) => {
    for (const spy of spies) spy.mockClear()
    await site.browser().post('/signup', { ...abe, password }, ip)
    return spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  }
  expect(await costOf('violet marmalade kettle')).toBe(1)
  expect(await costOf(abe.password)).toBe(1)
  expect(await costOf(abe.password, from('192.0.2.8'))).toBe(1)
  site.advance(minutes(2))
  expect(await costOf(abe.password)).toBe(1)
  for (const spy of spies) spy.mockRestore()
})

test('a repeated sign-up in a session gets the response of the first one', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const _ of 'ab') expect((await annsBrowser.post('/signup', abe)).to).toBe('/profile')
  expect((await annsBrowser.get('/profile')).html).toContain('You are still logged in as Ann.')
})
