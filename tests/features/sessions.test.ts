import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import type { EndReason } from '@db/session-tables'
import { annOnTwoDevices, rowsUnder, sessionOf } from '../support/devices'
import { ann, annLoggedIn, annRemembered, eve } from '../support/people'

type Browser = Awaited<ReturnType<typeof annOnTwoDevices>>['laptop']

async function listed(browser: Browser, headers: Record<string, string> = {}) {
  const { html } = await browser.get('/settings/sessions', headers)
  return {
    here: rowsUnder('Active sessions', html),
    remembered: rowsUnder('Remembered devices without a session', html),
    ended: rowsUnder('Ended sessions', html),
    html,
  }
}

test('each session shows its device, its start and both limits, and the current one is first', async () => {
  const { laptop, phone, advance } = await annOnTwoDevices()
  advance(minutes(2))
  await phone.get('/profile')
  advance(minutes(1))
  const { here, ended } = await listed(laptop)
  expect(here).toEqual([
    '“Test browser” This device Active now Signed in with Password First seen Jan 1, 2030, 12:00 PM UTC ' +
      'Expires Jan 1, 2030, 12:08 PM UTC , if inactive At the latest Jan 2, 2030, 12:00 AM UTC Log out',
    '“Phone” Active Jan 1, 2030, 12:02 PM UTC Signed in with Password First seen Jan 1, 2030, 12:00 PM UTC ' +
      'Expires Jan 1, 2030, 12:07 PM UTC , if inactive At the latest Jan 2, 2030, 12:00 AM UTC Log out',
  ])
  expect(ended).toEqual([])
})

test('the first and last IP address are shortened on the page and in the database', async () => {
  const { browser, deps, advance } = await annLoggedIn({ TRUST_PROXY: '1' })
  const from = (address: string) => ({ 'x-forwarded-for': `10.9.8.7, ${address}` })
  const traveller = browser()
  await traveller.post('/login', ann, from('203.0.113.77'))
  advance(minutes(1))
  await traveller.get('/probe', from('198.51.100.1'))
  advance(minutes(1))
  const { here } = await listed(traveller, from('2001:db8:aa:bb::17'))
  expect(here[0]).toContain('First seen Jan 1, 2030, 12:00 PM UTC from 203.0.113.x ')
  expect(here[0]).toContain(' Active now · 2001:db8:aa:: ')
  const stored = JSON.stringify([
    await deps.db.selectFrom('sessions').selectAll().execute(),
    await deps.db.selectFrom('security_events').selectAll().execute(),
  ])
  expect(stored).not.toMatch(/\.77|198\.51|aa:bb|10\.9/)
})

test('a poll updates neither the last activity nor the last IP address', async () => {
  const { annsBrowser, advance, ...site } = await annLoggedIn({ TRUST_PROXY: '1' })
  const { last_seen_at, last_ip } = await sessionOf(site, annsBrowser)
  advance(minutes(4))
  await listed(annsBrowser, { 'x-poll': '1', 'x-forwarded-for': '203.0.113.77' })
  expect(await sessionOf(site, annsBrowser)).toMatchObject({ last_seen_at, last_ip })
  advance(minutes(1))
  expect((await annsBrowser.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
})

test('a remembered device without a session is listed as such until it is removed', async () => {
  const { annsBrowser, browser, advance } = await annRemembered()
  const laptop = browser('Laptop')
  const look = async () => {
    await laptop.post('/login', ann)
    return listed(laptop)
  }
  expect((await look()).here).toHaveLength(2) // both are active
  advance(minutes(5))
  const { here, remembered, ended } = await look()
  expect(remembered).toEqual([
    expect.stringMatching(
      /^“Test browser” Last used .* · can log in without a password until Jan 31, 2030.* Signed in with Password .* Forget$/,
    ),
  ])
  expect([here.length, ended.length]).toEqual([1, 1]) // listed once; the ended one is the laptop's own
  await annsBrowser.get('/profile')
  const restored = await look()
  expect([restored.here.length, restored.remembered.length]).toEqual([2, 0])
  expect(restored.here[1]).toMatch(/^“Test browser” Remembered Active .* Signed in with Remember me /)
  advance(days(30) - minutes(5) - 1)
  expect((await look()).remembered).toHaveLength(1)
  advance(1)
  expect((await look()).remembered).toHaveLength(0)
})

const words: [reason: EndReason, words: string][] = [
  ['logout', 'logged out'],
  ['idle', 'expired (inactive)'],
  ['absolute', 'expired (time limit)'],
  ['revoked', 'ended manually'],
  ['password', 'ended by a password change'],
  ['deactivated', 'ended with the account'],
  ['theft', 'ended because its token was copied'],
]

test.each(words)('a session that ended by %s is listed with that reason for exactly thirty days', async (...row) => {
  const [reason, words] = row
  const { laptop, phone, deps, idOf, advance } = await annOnTwoDevices()
  const ended = { ended_at: deps.now(), ended_reason: reason }
  await deps.db
    .updateTable('sessions')
    .set(ended)
    .where('id', '=', await idOf(phone))
    .execute()
  const look = async () => {
    await laptop.post('/login', ann)
    return (await listed(laptop)).ended.filter((row) => row.startsWith('“Phone”'))
  }
  const observed = [
    expect.stringContaining(`“Phone” Ended Jan 1, 2030, 12:00 PM UTC · ${words} Signed in with Password`),
  ]
  expect(await look()).toEqual(observed)
  advance(days(30) - 1)
  expect(await look()).toEqual(observed)
  advance(1)
  expect(await look()).toEqual([])
})

test('an expired session has the time of its expiry, not of the next read', async () => {
  const { laptop, advance } = await annOnTwoDevices()
  advance(minutes(60))
  await laptop.post('/login', ann)
  const { here, ended } = await listed(laptop)
  expect(here).toHaveLength(1)
  expect(ended).toHaveLength(2)
  for (const row of ended) expect(row).toContain('Ended Jan 1, 2030, 12:05 PM UTC · expired (inactive)')
})

test('a user sees no devices of other users, and a hostile User-Agent is shown as text', async () => {
  const { browser, laptop, phone } = await annOnTwoDevices()
  await phone.post('/logout')
  const eves = browser('<script>alert(1)</script>/1 x')
  await eves.post('/login', eve)
  const { here, ended, html } = await listed(eves)
  expect([here.length, ended.length]).toEqual([1, 0])
  expect(html).not.toContain('<script>alert')
  expect(html).toContain('<bdi>“&lt;script&gt;')
  expect((await listed(laptop)).html).not.toContain('alert(1)')
})

test('a visitor is redirected to the login', async () => {
  const { browser } = await annLoggedIn()
  expect(await browser().get('/settings/sessions')).toMatchObject({
    status: 303,
    to: '/login?next=%2Fsettings%2Fsessions',
  })
})
