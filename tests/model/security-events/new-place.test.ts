import { expect, test } from 'bun:test'
import { days, hours } from '@/lib/duration'
import { ann, annAndEve } from '../../support/people'
import { signupTest } from '../../support/features'
import { openSite } from '../../support/site'
import { listEventsOf } from '@/model/security-events/event-list'
import { findUserByEmail } from '@/model/users/user-list'
import type { Browser } from '../../support/browser'
import type { Site } from '../../support/site'

const HOME = { 'x-forwarded-for': '192.0.2.7' }
const ABROAD = { 'x-forwarded-for': '203.0.113.7' }
const PROXIED = { TRUST_PROXY: '1' }

const logIn = async (browser: Browser, from: Record<string, string>) => {
  await browser.post('/login', ann, from)
  return browser
}

/** Changes the password and returns the reason that the history tells. */
async function changeReason({ deps, advance }: Site, browser: Browser, from: Record<string, string>) {
  const fields = { password: ann.password, new_password: 'five boxing wizards' }
  expect((await browser.post('/settings/password', fields, from)).to).toBe('/settings')
  advance(1)
  const user = await findUserByEmail(deps, ann.email)
  const { events } = await listEventsOf(deps, user ?? { id: '' })
  return events.find(({ kind }) => kind === 'password-changed')?.reason
}

const NEW = 'new-place'

test.each([
  ['the first browser of the account', 'Laptop', HOME, null],
  ['another browser in the same network', 'Phone', HOME, NEW],
  ['the same browser in another network', 'Laptop', ABROAD, NEW],
] as const)('a password change from %s soon after its first login', async (_, name, from, reason) => {
  const site = await annAndEve(PROXIED)
  await logIn(site.browser('Laptop'), HOME)
  site.advance(days(30))
  const attacker = await logIn(site.browser(name), from)
  expect(await changeReason(site, attacker, from)).toBe(reason)
})

signupTest('the browser of the sign-up is no new place', async () => {
  const site = await openSite(PROXIED)
  const laptop = site.browser('Laptop')
  await laptop.post('/signup', ann, HOME)
  expect(await changeReason(site, await logIn(laptop, HOME), HOME)).toBeNull()
})

signupTest('a login from another browser than the sign-up is a new place', async () => {
  const site = await openSite(PROXIED)
  await site.browser('Laptop').post('/signup', ann, HOME)
  expect(await changeReason(site, await logIn(site.browser('Phone'), HOME), HOME)).toBe(NEW)
})

test('a place is new for a day after its first login, however often the user logs in', async () => {
  for (const [wait, reason] of [
    [hours(24) - 1, NEW],
    [hours(24), null],
  ] as const) {
    const site = await annAndEve(PROXIED)
    await logIn(site.browser('Laptop'), HOME)
    const phone = await logIn(site.browser('Phone'), ABROAD)
    site.advance(wait)
    await logIn(phone, ABROAD)
    expect(await changeReason(site, phone, ABROAD)).toBe(reason)
  }
})
