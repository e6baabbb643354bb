import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { siteWithLoginProbe } from '../support/login-probe'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, eve } from '../support/people'
import type { Site } from '../support/site'

/** Asks for the deletion, types the password, and returns the browser that may keep the account. */
async function askAndLogIn(site: Site, who: typeof ann) {
  await (await site.as(who)).post('/settings/delete', { email: who.email })
  const browser = site.browser()
  expect((await browser.post('/login', who)).to).toBe('/restore-account')
  return browser
}

test('a link cannot put the choice of another account into a browser', async () => {
  const site = await annAndEveWithMail()
  const eves = await askAndLogIn(site, eve)
  const anns = await site.as(ann)
  const planted = eves.jar.get('one-time') ?? ''
  await anns.get(`/reset-password?token=${planted}`)
  expect((await anns.get('/restore-account')).status).toBe(410)
  expect((await anns.post('/restore-account', { choice: 'keep' })).status).toBe(410)
  expect((await anns.get('/profile')).html).toContain(ann.email)
})

test('a deactivated user cannot keep the account', async () => {
  const site = await annAndEveWithMail()
  const eves = await askAndLogIn(site, eve)
  await deactivateUser(site.deps, site.users.eve, 'command line')
  expect((await eves.get('/restore-account')).status).toBe(410)
  expect((await eves.post('/restore-account', { choice: 'keep' })).status).toBe(410)
})

test('a choice that was not used cannot cancel a later request', async () => {
  const site = await annAndEveWithMail()
  const first = await askAndLogIn(site, eve)
  const second = site.browser()
  await second.post('/login', eve)
  expect((await second.post('/restore-account', { choice: 'keep' })).to).toBe('/profile')
  await second.post('/settings/delete', { email: eve.email })
  expect((await first.post('/restore-account', { choice: 'keep' })).status).toBe(410)
})

test('a user who requests and cancels a deletion in a loop cannot flood the mailbox of the address', async () => {
  const site = await annAndEveWithMail()
  const loop = async (times: number) => {
    const before = site.mailbox.mails.length
    for (let i = 0; i < times; i++) {
      const eves = await askAndLogIn(site, eve)
      await site.deliverMail()
      await eves.post('/restore-account', { choice: 'keep' })
      await site.deliverMail()
    }
    return site.mailbox.mails.length - before
  }
  expect(await loop(7)).toBe(2)
  site.advance(minutes(10))
  await site.deliverMail()
  expect(site.mailbox.mails.at(-1)).toMatchObject({ subject: 'Your account will not be deleted' })
  expect(site.mailbox.mails.at(-1)?.text).toContain('This happened 6 times.')
  for (let hour = 0; hour < 3; hour++) {
    let count = 0
    for (let i = 0; i < 10; i++) {
      count += await loop(1)
      site.advance(minutes(6))
    }
    expect(count).toBeWithin(1, 2 * 5 + 1)
  }
  site.advance(days(1))
  expect(await loop(1)).toBe(2)
})

test('no forced login starts a session during the grace period, also after a deactivation', async () => {
  const { deps, users, anns } = await siteWithLoginProbe({ force: true })
  await requestDeletion(deps, users.ann, { by: 'command line' })
  expect((await anns.post('/log-in')).html).toBe('out')
  await deactivateUser(deps, users.ann, 'command line')
  expect((await anns.post('/log-in')).html).toBe('out')
})
