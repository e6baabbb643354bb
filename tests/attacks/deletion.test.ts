import { expect, test } from 'bun:test'
import { deactivateUser } from '@/model/accounts/deactivate'
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
