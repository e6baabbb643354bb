import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { markVerified } from '@/model/accounts/verify-email'
import type { Browser } from '../support/browser'
import { codeIn, EMAIL_PATH, mailTo, NEW_EMAIL, rowOfUser, tokenIn } from '../support/changed-email'
import { annAndEveWithMail, openLink } from '../support/one-time-links'
import { ann } from '../support/people'

// An attacker reads Ann's mailbox, for an hour or for good.

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const EVES_PASSWORD = 'a password of the attacker'
const OWN_PASSWORD = 'sphinx of black quartz'

async function siteWithConfirmedAddress() {
  const site = await annAndEveWithMail()
  await inTransaction(site.deps, (deps) => markVerified(deps, site.users.ann, 'command line'), {
    locks: userLocks(site.users.ann),
  })
  return site
}

/** From the newest mail to Ann with a link to this page. Mails of one moment arrive in any order. */
const tokenFor = ({ mailbox }: Site, page: string) =>
  tokenIn(mailbox.mails.findLast(({ to, text }) => to === ann.email && text.includes(`/${page}?token=`))?.text)

async function reset(site: Site, browser: Browser, password: string) {
  await browser.post('/forgot-password', { email: ann.email })
  await site.deliverMail()
  await openLink(browser, 'reset-password', tokenFor(site, 'reset-password'))
  expect((await browser.post('/reset-password', { new_password: password })).to).toBe('/login')
}

const logIn = (browser: Browser, password: string) => browser.post('/login', { email: ann.email, password })

/** Ann leaves the mailbox. Returns the token of the mail that reports it there. */
async function moveAway(site: Site, browser: Browser) {
  expect((await browser.post(EMAIL_PATH, { email: NEW_EMAIL })).status).toBe(303)
  await site.deliverMail()
  const code = codeIn(mailTo(site, NEW_EMAIL)?.text)
  expect((await browser.post(`${EMAIL_PATH}/code`, { code })).status).toBe(303)
  await site.deliverMail()
  return tokenFor(site, 'secure-account')
}

for (const changesByForm of [false, true])
  test(`an attacker in the mailbox cannot undo that its owner leaves it, by a password of a reset${changesByForm ? ' and a form' : ''}`, async () => {
    const site = await siteWithConfirmedAddress()
    const [eves, anns] = [site.browser(), site.browser()]
    await reset(site, eves, EVES_PASSWORD)
    if (changesByForm) {
      await logIn(eves, EVES_PASSWORD)
      const form = { password: EVES_PASSWORD, new_password: `${EVES_PASSWORD} 2` }
      expect((await eves.post('/settings/password', form)).status).toBe(303)
    }
    site.advance(days(1))
    await reset(site, anns, OWN_PASSWORD)
    site.advance(days(3))
    await logIn(anns, OWN_PASSWORD)
    const token = await moveAway(site, anns)
    await openLink(eves, 'secure-account', token)
    for (const password of [EVES_PASSWORD, `${EVES_PASSWORD} 2`])
      expect((await eves.post('/secure-account', { password })).status).toBe(422)
    expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email: NEW_EMAIL, secured_at: null })
  })

test('the owner undoes the change of an attacker who reset the password by mail', async () => {
  const site = await siteWithConfirmedAddress()
  const [eves, anns] = [site.browser(), site.browser()]
  await reset(site, eves, EVES_PASSWORD)
  site.advance(days(3))
  await logIn(eves, EVES_PASSWORD)
  const token = await moveAway(site, eves)
  await openLink(anns, 'secure-account', token)
  expect((await anns.post('/secure-account', { password: ann.password })).to).toBe('/reset-password')
})

test('an attacker who reset the password cannot delete the account before the recovery hold ends', async () => {
  const site = await annAndEveWithMail({ DELETION_GRACE_SECONDS: '86400' })
  const eves = site.browser()
  await reset(site, eves, EVES_PASSWORD)
  const resetAt = site.deps.now()
  site.advance(days(1))
  await logIn(eves, EVES_PASSWORD)
  expect((await eves.post('/settings/delete', { email: ann.email })).to).toBe('/')
  expect((await rowOfUser(site, site.users.ann)).deletion_at).toBe(resetAt + days(3))
  await site.deliverMail()
  const mails = site.mailbox.mails.filter(({ to }) => to === ann.email)
  expect(mails.map(({ text }) => text).join('')).toContain('will be deleted on Jan 4,')
})

test('a link that an attacker copied from the mailbox gives no new password after the owner chose one', async () => {
  const site = await siteWithConfirmedAddress()
  const [eves, anns] = [site.browser('Phone'), site.browser()]
  await logIn(anns, ann.password)
  await logIn(eves, ann.password)
  await site.deliverMail()
  const copied = tokenFor(site, 'secure-account')
  site.advance(days(1))
  await reset(site, anns, OWN_PASSWORD)
  site.advance(days(1))
  await openLink(eves, 'secure-account', copied)
  await eves.post('/secure-account')
  expect((await eves.post('/reset-password', { new_password: EVES_PASSWORD })).status).toBe(410)
  await site.deliverMail()
  await openLink(anns, 'reset-password', tokenFor(site, 'reset-password'))
  expect((await anns.post('/reset-password', { new_password: `${OWN_PASSWORD} 2` })).to).toBe('/login')
})
