import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { scopes } from '@/model/users/roles'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { changePassword } from '@/model/accounts/change-password'
import { markVerified } from '@/model/accounts/verify-email'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Browser } from '../support/browser'
import { codeIn, linkIn, newestMail, otherCode } from '../support/mailed'
import { ann, annAndEve, eve } from '../support/people'
import { makeToken } from '../support/tokens'

const ENV = { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required', SESSION_IDLE_SECONDS: '3600' }

/** Ann's address is not confirmed. She typed her password, and has the mail. */
async function annAtTheCodePage(fields: Record<string, string> = {}) {
  const site = await annAndEve(ENV)
  const anns = site.browser()
  const login = await anns.post('/login', { ...ann, ...fields })
  const mail = await newestMail(site)
  return { ...site, anns, login, mail, code: codeIn(mail), link: linkIn(mail) }
}

const sessionsOf = ({ deps }: Pick<Awaited<ReturnType<typeof annAndEve>>, 'deps'>) =>
  deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()

const isLoggedIn = async (browser: Browser) => (await browser.copy().get('/profile')).status === 200

test('a right password of an unverified address starts no session and sends a code', async () => {
  const site = await annAtTheCodePage()
  expect(site.login).toMatchObject({ status: 303, to: '/verify-email' })
  expect([...site.anns.jar.keys()]).toEqual(['flow'])
  expect(await sessionsOf(site)).toEqual([])
  expect(site.mail).toMatchObject({ to: ann.email, subject: 'Confirm your email address' })
  const { status, html } = await site.anns.get('/verify-email')
  expect(status).toBe(200)
  expect(html).toContain('One more step: confirm your email address. We’ve sent you a code.')
  expect(html).not.toContain(ann.email)
})

test('htmx gets the address of the code page in a header', async () => {
  const site = await annAndEve(ENV)
  expect(await site.browser().postHtmx('/login', ann)).toMatchObject({ status: 204, to: '/verify-email' })
})

test('the code logs in, in the browser with the password', async () => {
  const site = await annAtTheCodePage()
  const { anns, code, users } = site
  expect((await anns.post('/verify-email', { code: otherCode(code) })).status).toBe(422)
  expect(await anns.post('/verify-email', { code })).toMatchObject({ status: 303, to: '/profile' })
  expect(anns.jar.has('flow')).toBe(false)
  expect((await anns.get('/profile')).html).toContain('Your email address is confirmed, and you are logged in.')
  expect((await anns.get('/settings/password')).status).toBe(200) // the password was typed just now
  expect(JSON.parse((await anns.get('/api/me')).html).email_verified).toBe(true)
  expect(site.events).toContainEqual({ kind: 'email-verified', userId: users.ann.id, by: users.ann.id })
  expect(await site.browser().post('/login', ann)).toMatchObject({ status: 303, to: '/profile' })
})

test('the code works in no other browser, and a wrong one five times', async () => {
  const site = await annAtTheCodePage()
  const other = site.browser()
  expect((await other.post('/verify-email', { code: site.code })).status).toBe(410)
  const statuses = []
  for (let i = 0; i < 5; i++)
    statuses.push((await site.anns.post('/verify-email', { code: otherCode(site.code) })).status)
  expect(statuses).toEqual([422, 422, 422, 422, 410])
  expect((await site.anns.post('/verify-email', { code: site.code })).status).toBe(410)
  expect(await sessionsOf(site)).toEqual([])
})

test('the link logs in with one button, in the browser with the password', async () => {
  const { anns, link, browser, ...site } = await annAtTheCodePage()
  await anns.get(link)
  const page = await anns.get('/verify-email')
  expect(page.html).toContain(ann.email)
  expect(page.html).not.toContain('type="password"')
  expect(await sessionsOf(site)).toEqual([])
  expect(await anns.post('/verify-email')).toMatchObject({ status: 303, to: '/profile' })
  expect(await isLoggedIn(anns)).toBe(true)
  await anns.post('/logout')
  await anns.get(link)
  expect((await anns.get('/verify-email')).status).toBe(410)
})

test('the link logs in in no other browser', async () => {
  const { link, browser, ...site } = await annAtTheCodePage()
  const other = browser()
  await other.get(link)
  await other.get('/verify-email')
  await other.post('/verify-email')
  expect([await isLoggedIn(other), await sessionsOf(site)]).toEqual([false, []])
})

test('the code leads to the page that the login was for', async () => {
  const { anns, login, code } = await annAtTheCodePage({ next: '/settings' })
  expect(login.to).toBe('/verify-email?next=%2Fsettings')
  expect((await anns.get(login.to ?? '')).html).toContain('<input type="hidden" name="next" value="/settings"/>')
  expect((await anns.post('/verify-email', { code, next: '/settings' })).to).toBe('/settings')
})

test('the session is fresh only for the rest of five minutes since the password', async () => {
  for (const [waited, status] of [
    [minutes(5) - 1, 200],
    [minutes(5), 303],
  ] as const) {
    const { anns, advance, code } = await annAtTheCodePage()
    advance(waited)
    await anns.post('/verify-email', { code })
    expect((await anns.get('/settings/password')).status).toBe(status)
  }
})

test('a code for a password that was changed since confirms the address, but logs in no one', async () => {
  const site = await annAtTheCodePage()
  await inTransaction(site.deps, (deps) => changePassword(deps, site.users.ann, 'a hash', 'command line'), {
    locks: userLocks(site.users.ann),
  })
  expect(await site.anns.post('/verify-email', { code: site.code })).toMatchObject({ status: 303, to: '/login' })
  expect((await site.anns.get('/login')).html).toContain('Your email address is confirmed.')
  expect(await sessionsOf(site)).toEqual([])
})

test('a mail that is sent again proves no password: the session is not fresh, and a changed password must be typed', async () => {
  const [late, changed] = [await annAtTheCodePage(), await annAtTheCodePage()]
  late.advance(minutes(5))
  changed.advance(1)
  await inTransaction(changed.deps, (deps) => changePassword(deps, changed.users.ann, 'a hash', 'command line'), {
    locks: userLocks(changed.users.ann),
  })
  for (const site of [late, changed]) {
    await site.anns.post('/verify-email/resend')
    await site.deliverMail()
    const mail = site.mailbox.mails.findLast(({ subject }) => subject === 'Confirm your email address') ?? { text: '' }
    const to = site === late ? '/profile' : '/login'
    expect(await site.anns.post('/verify-email', { code: codeIn(mail) })).toMatchObject({ status: 303, to })
  }
  expect((await late.anns.get('/settings/password')).status).toBe(303)
  expect(await sessionsOf(changed)).toEqual([])
})

test('a code that was mailed for the settings logs in no browser', async () => {
  const site = await annAndEve(ENV)
  const anns = await site.as(ann)
  await anns.post('/settings/email/send')
  const mail = await newestMail(site)
  for (const name of ['session', 'device']) anns.jar.delete(name) // the session has ended in this browser
  anns.keep('flow', `login.${anns.jar.get('flow')}`)
  expect((await anns.post('/verify-email', { code: codeIn(mail) })).status).toBe(422)
  await anns.get(linkIn(mail))
  await anns.post('/verify-email')
  expect(await isLoggedIn(anns)).toBe(false)
})

test('sessions and API tokens from before continue, also with a password that is typed again', async () => {
  const site = await annAndEve(ENV)
  const anns = await site.as(ann)
  const { text } = await makeToken(site.deps, site.users.ann, { name: 'x', scopes, lifetime: days(1) })
  expect(await isLoggedIn(anns)).toBe(true)
  expect((await site.browser().get('/api/me', { authorization: `Bearer ${text}` })).status).toBe(200)
  site.advance(minutes(5))
  expect(await anns.post('/relogin', { password: ann.password })).toMatchObject({ status: 303, to: '/profile' })
  expect((await anns.get('/settings/email')).status).toBe(200)
})

test('the re-login of an ended session asks for the code', async () => {
  const site = await annAndEve(ENV)
  const anns = await site.as(ann)
  site.advance(minutes(60))
  expect((await anns.post('/relogin', { password: 'wrong' })).status).toBe(422)
  expect(await anns.post('/relogin', { password: ann.password, next: '/settings' })).toMatchObject({
    status: 303,
    to: '/verify-email?next=%2Fsettings',
  })
  expect(await isLoggedIn(anns)).toBe(false)
  const code = codeIn(await newestMail(site))
  expect((await anns.post('/verify-email', { code, next: '/settings' })).to).toBe('/settings')
  expect(await isLoggedIn(anns)).toBe(true)
})

test('an account that its user keeps still asks for the code', async () => {
  const site = await annAndEve(ENV)
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  const anns = site.browser()
  expect((await anns.post('/login', ann)).to).toBe('/restore-account')
  expect((await anns.post('/restore-account', { choice: 'keep' })).to).toBe('/verify-email')
  expect((await anns.get('/verify-email')).html).toContain('Your account will not be deleted.')
  expect(await isLoggedIn(anns)).toBe(false)
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ subject }) => subject === 'Confirm your email address') ?? { text: '' }
  expect((await anns.post('/verify-email', { code: codeIn(mail) })).to).toBe('/profile')
})

test('"Send it again" sends another mail, and its code replaces the first', async () => {
  const site = await annAtTheCodePage()
  expect(await site.anns.post('/verify-email/resend')).toMatchObject({ status: 303, to: '/verify-email' })
  const mail = await newestMail(site)
  expect([mail.to, site.mailbox.mails.length]).toEqual([ann.email, 2])
  expect((await site.anns.post('/verify-email', { code: site.code })).status).toBe(422)
  expect((await site.anns.post('/verify-email', { code: codeIn(mail) })).to).toBe('/profile')
})

test('beyond the limit of mails to an address the response is the same, and the last code works', async () => {
  const site = await annAtTheCodePage()
  for (let i = 0; i < 4; i++) expect((await site.anns.post('/login', ann)).to).toBe('/verify-email')
  const mail = await newestMail(site)
  expect(site.mailbox.mails).toHaveLength(3)
  const other = site.browser()
  expect((await other.post('/login', ann)).to).toBe('/verify-email')
  expect((await other.get('/verify-email')).status).toBe(200)
  expect(await other.post('/verify-email/resend')).toMatchObject({ status: 303, to: '/verify-email' })
  expect((await site.anns.post('/verify-email', { code: codeIn(mail) })).to).toBe('/profile')
})

test('a source that asks for too many mails has to wait', async () => {
  const site = await annAndEve(ENV)
  for (let i = 0; i < 20; i++) await site.browser().post('/forgot-password', { email: `a${i}@example.test` })
  const { status, headers, html } = await site.browser().post('/login', ann)
  expect([status, headers.get('retry-after')]).toEqual([429, '3600'])
  expect(html).toContain('Too many attempts. Wait 1 hour, then try again.')
})

test.each<Record<string, string>>([
  { MAIL_URL: 'off' },
  { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'optional' },
  { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'off' },
])('a login needs no confirmed address with %j', async (env) => {
  const site = await annAndEve(env)
  expect(await site.browser().post('/login', ann)).toMatchObject({ status: 303, to: '/profile' })
})

test('a confirmed address logs in as before', async () => {
  const site = await annAndEve(ENV)
  await markVerified(site.deps, site.users.eve, 'command line')
  expect(await site.browser().post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
})
