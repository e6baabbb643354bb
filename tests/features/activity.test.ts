import { expect, test } from 'bun:test'
import { days, hours } from '@/lib/duration'
import { inTransaction } from '@/deps/transaction'
import { recordEvent } from '@/model/security-events/security-events'
import { adminTest, tokenTest } from '../support/features'
import type { Browser } from '../support/browser'
import { annOnTwoDevices } from '../support/devices'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

const headings = (html: string) => [...html.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b>/g)].map(([, text]) => text)
const history = async (browser: Browser, query = '') => headings((await browser.get(`/settings/activity${query}`)).html)

const BEGINNING = ['Logged in with password.', 'Account created.']

tokenTest('the actions of a user appear in plain words, newest first', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect(await history(annsBrowser)).toEqual(BEGINNING)
  await annsBrowser.post('/settings/tokens', { name: 'Nightly <b>', scopes: 'profile:read' })
  const page = (await annsBrowser.get('/settings/tokens')).html
  await annsBrowser.post(/\/settings\/tokens\/[\w-]+\/revoke/.exec(page)?.[0] ?? '')
  const phone = browser('Phone')
  await phone.post('/login', ann)
  await annsBrowser.post('/settings/sessions/end-others')
  await annsBrowser.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  await annsBrowser.post('/logout')
  await annsBrowser.post('/login', { ...ann, password: 'five boxing wizards' })
  expect(await history(annsBrowser)).toEqual([
    'Logged in with password.',
    'Logged out.',
    'Password confirmed.',
    'You changed your password.',
    'You ended all your other sessions.',
    'A session was ended by you or an administrator.',
    'First login from this browser.',
    'Logged in with password.',
    'The API token “Nightly &lt;b&gt;” was revoked.',
    'The API token “Nightly &lt;b&gt;” was created.',
    ...BEGINNING,
  ])
})

test('events caused by expiry, attackers or admins appear as well', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const attacker = annsBrowser.copy('Attacker')
  await annsBrowser.get('/probe')
  await annsBrowser.copy('Newer browser').get('/probe')
  advance(hours(1))
  await annsBrowser.get('/probe')
  await attacker.get('/probe')
  advance(1)
  await annsBrowser.post('/login', { ...ann, password: 'wrong' })
  advance(1)
  await annsBrowser.post('/login', ann)
  expect(await history(annsBrowser)).toEqual([
    'Logged in with password.',
    'Wrong password entered.',
    'An outdated remember-me token was used. Someone may have copied it.',
    'A session ended because its token was copied.',
    'Logged in by a remembered device.',
    'The browser of a session changed or was updated.',
    'Logged in by a remembered device.',
    ...BEGINNING,
  ])
})

adminTest('an action of an admin appears without the name of the admin', async () => {
  const { anns, eves, pageOf, browser } = await annAsAdmin()
  for (const [path, fields] of [
    ['role', { role: 'support' }],
    ['end-sessions', {}],
    ['deactivate', {}],
    ['activate', {}],
  ] as const)
    await anns.post(`${pageOf('eve')}/${path}`, fields)
  const again = browser(eves.userAgent)
  await again.post('/login', eve)
  const { html } = await again.get('/settings/activity')
  expect(headings(html)).toEqual([
    'Logged in with password.',
    'An administrator reactivated your account.',
    'An administrator deactivated your account.',
    'An administrator ended all your sessions.',
    'A session was ended by you or an administrator.',
    'An administrator changed your role to “support”.',
    'Account created.',
  ])
  expect(html).not.toMatch(/Ann|ann@/)
  expect(await history(anns)).toHaveLength(2) // the account and the role that it was given: of eve there is nothing
})

test('an event shows the browser and a shortened IP address', async () => {
  const { browser } = await annAndEve({ TRUST_PROXY: '1' })
  const firefox = browser('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0')
  await firefox.post('/login', ann, { 'x-forwarded-for': '203.0.113.77' })
  const { html } = await firefox.get('/settings/activity')
  expect(html).toContain('</time> · Firefox on Linux · 203.0.113.x</small>')
  expect(html).not.toMatch(/113\.77|Gecko/)
})

test('a first login from a browser is marked as new, except the very first login', async () => {
  const { browser } = await annAndEve()
  const NEW = 'First login from this browser.'
  const fresh = async (name: string) => {
    const one = browser(name)
    await one.post('/login', ann)
    return (await history(one)).filter((line) => line === NEW).length
  }
  expect([await fresh('Laptop'), await fresh('Laptop'), await fresh('Phone'), await fresh('Phone')]).toEqual([
    0, 0, 1, 1,
  ])
  expect([await fresh('Tablet'), await fresh('Laptop')]).toEqual([2, 2])
})

test('wrong passwords within one hour share one row with their number, and a later one starts another', async () => {
  const { annsBrowser, advance, browser } = await annLoggedIn()
  const failedLogin = async () => {
    await browser('Attacker').post('/login', { ...ann, password: 'wrong' })
    advance(1)
  }
  await failedLogin()
  advance(hours(1) - 2)
  await failedLogin()
  await failedLogin()
  await annsBrowser.post('/login', ann)
  expect((await history(annsBrowser)).slice(0, 2)).toEqual([
    'Logged in with password.',
    'Wrong password entered 3 times.',
  ])
  await failedLogin()
  advance(hours(1) - 1)
  await failedLogin()
  await annsBrowser.post('/login', ann)
  expect((await history(annsBrowser)).slice(0, 4)).toEqual([
    'Logged in with password.',
    'Wrong password entered.',
    'Wrong password entered 4 times.',
    'Logged in with password.',
  ])
})

test('a security event is shown for twelve months, to the millisecond', async () => {
  const { browser, advance } = await annAndEve()
  const look = async () => {
    const one = browser()
    await one.post('/login', ann)
    return (await history(one)).filter((line) => line === 'Account created.')
  }
  advance(days(365) - 1)
  expect(await look()).toHaveLength(1)
  advance(1)
  expect(await look()).toEqual([])
})

test('a rolled back action records no event', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  const work = inTransaction(
    deps,
    async (deps) => {
      await recordEvent(deps, { kind: 'password-changed', userId: users.ann.id, by: users.ann.id, how: 'form' })
      throw new Error('no')
    },
    { locks: [] },
  )
  await expect(work).rejects.toThrow('no')
  expect(await history(annsBrowser)).toEqual(BEGINNING)
})

test('each user sees only their own events, and a visitor sees none', async () => {
  const { laptop, as, browser } = await annOnTwoDevices()
  expect(await history(await as(eve))).toEqual(['Account created.'])
  expect(await history(laptop)).toHaveLength(4)
  const to = '/login?next=%2Fsettings%2Factivity'
  expect(await browser().get('/settings/activity')).toMatchObject({ status: 303, to })
})

tokenTest('events are grouped by their day in UTC', async () => {
  const { annsBrowser, advance, as } = await annLoggedIn()
  advance(hours(12) - 1)
  await as(ann).then((browser) => browser.post('/settings/tokens', { name: 'evening', scopes: 'profile:read' }))
  advance(1)
  await annsBrowser.post('/login', ann)
  const { html } = await annsBrowser.get('/settings/activity')
  const days = html.split('<h2>').slice(1)
  expect(days.map((part) => [part.split('<')[0], headings(part)])).toEqual([
    ['Wednesday, January 2, 2030', ['Logged in with password.']],
    ['Tuesday, January 1, 2030', ['The API token “evening” was created.', ...BEGINNING]],
  ])
  expect(html).toContain('<time datetime="2030-01-01T23:59:59.999Z" data-show="time">11:59 PM UTC</time>')
})

test('only a security alert, a lockout and a password change from a new place are highlighted', async () => {
  const { annsBrowser, browser, advance } = await annRemembered()
  const attacker = annsBrowser.copy('Attacker')
  await annsBrowser.get('/probe')
  advance(hours(1))
  await annsBrowser.get('/probe')
  await attacker.get('/probe')
  advance(1)
  await annsBrowser.post('/login', { ...ann, password: 'wrong' })
  const phone = browser('Phone')
  advance(1)
  await phone.post('/login', ann)
  await phone.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  const { html } = await phone.get('/settings/activity')
  const rows = html.split('<li class="row').slice(1)
  expect(rows.length).toBeGreaterThan(8)
  expect(rows.filter((row) => /badge|attention|class="icon \w/.test(row)).flatMap((row) => headings(row))).toEqual([
    'You changed your password.',
    'An outdated remember-me token was used. Someone may have copied it.',
  ])
})
