import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, hours, minutes } from '@/lib/duration'
import { changePassword } from '@/model/accounts/change-password'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { deactivateUser } from '@/model/accounts/deactivate'
import { sendResetTo } from '@/model/accounts/send-reset'
import type { Browser } from '../support/browser'
import { eventsDuring } from '../support/emitted-events'
import { adminTest } from '../support/features'
import { NEW_PASSWORD } from '../support/link-purposes'
import { emptyOutbox, smtpErrors } from '../support/mailbox'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'
import { openSite } from '../support/site'

const HELP = 'help@app.test'
const LINK = `<a href="mailto:${HELP}">${HELP}</a>`

test('the login page links to the help page, with the wanted page', async () => {
  const { browser } = await openSite()
  const link = (to: string) => `<a href="${to}">Forgot your password?</a>`
  expect((await browser().get('/login')).html).toContain(link('/forgot-password'))
  const { html } = await browser().get('/login?next=/settings')
  expect(html).toContain(link('/forgot-password?next=%2Fsettings'))
  expect((await browser().get('/forgot-password?next=/settings')).html).toContain('href="/login?next=%2Fsettings"')
})

test('a failed login keeps the link to the help page', async () => {
  const { browser } = await annAndEve()
  const { html } = await browser().post('/login', { ...ann, password: 'wrong' })
  expect(html).toContain('href="/forgot-password"')
})

test('the help page names SUPPORT_EMAIL, and an administrator without it', async () => {
  const page = async (env?: Record<string, string>) =>
    (await (await openSite(env)).browser().get('/forgot-password')).html
  expect(await page({ SUPPORT_EMAIL: HELP })).toContain(LINK)
  const without = await page()
  expect(without).toContain('Ask an administrator of this site for a new password.')
  expect(without).not.toContain('mailto:')
})

test('a logged-in user is sent on from the help page, and it refuses an unsafe return path', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect((await annsBrowser.get('/forgot-password')).to).toBe('/profile')
  expect((await browser().get('/forgot-password?next=//evil.test')).status).toBe(400)
  expect((await browser().post('/forgot-password')).status).toBe(405)
})

test('the page of an internal error names SUPPORT_EMAIL', async () => {
  const site = await openSite({ SUPPORT_EMAIL: HELP })
  site.app.get('/broken', () => {
    throw new Error('broken')
  })
  const broken = await site.browser().get('/broken')
  expect([broken.status, broken.html.includes(LINK)]).toEqual([500, true])
  expect(takeLoggedErrors()).toHaveLength(1)
})

adminTest('the page of a denied access names SUPPORT_EMAIL', async () => {
  const site = await annAsAdmin({ SUPPORT_EMAIL: HELP })
  const denied = await site.eves.post(`${site.pageOf('ann')}/activate`)
  expect([denied.status, denied.html.includes(`If you need access, write to ${LINK}.`)]).toEqual([403, true])
})

// With mail.

const linkIn = (text = '') => /http\S+\?token=[\w-]{43}/.exec(text)?.[0].replace('http://localhost', '') ?? ''

const askFor = (site: { browser: () => Browser }, email: string) => site.browser().post('/forgot-password', { email })

test('from the request to the login with the new password', async () => {
  const site = await annAndEveWithMail()
  const page = await site.browser().get('/forgot-password')
  expect(page.html).toContain('<h1>Reset your password</h1>')
  expect(page.html).toContain('autocomplete="username"')
  const asked = await askFor(site, ' Ann@Example.test ')
  expect([asked.status, asked.to]).toEqual([303, '/forgot-password/sent'])
  const sent = await site.browser().get('/forgot-password/sent')
  expect(sent.html).toContain('If there is an account with that address, we’ve sent a link')
  await site.deliverMail()
  const [mail, ...others] = site.mailbox.mails
  expect([mail?.to, mail?.subject, others]).toEqual([ann.email, 'Reset your password', []])
  const phone = site.browser('Phone')
  expect((await phone.get(linkIn(mail?.text))).to).toBe('/reset-password')
  expect((await phone.post('/reset-password', { new_password: NEW_PASSWORD })).to).toBe('/login')
  expect((await phone.post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/profile')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toEqual(['Reset your password', 'Your password was changed'])
})

test('an address without an account, and that of a deactivated one, get other mails without a link', async () => {
  const site = await annAndEveWithMail({ SUPPORT_EMAIL: HELP })
  await deactivateUser(site.deps, site.users.eve, 'command line')
  await emptyOutbox(site)
  await askFor(site, 'zoe@example.test')
  await askFor(site, eve.email)
  await site.deliverMail()
  const [unknown, deactivated] = ['zoe@example.test', eve.email].map((address) =>
    site.mailbox.mails.find(({ to }) => to === address),
  )
  expect(unknown?.subject).toBe('No account with this address')
  expect(unknown?.text.includes('http://localhost/signup')).toBe(site.deps.config.isSignupOpen)
  expect(unknown?.text.replaceAll('\n', ' ')).toContain('because someone entered this address at')
  expect(deactivated?.subject).toBe('Your account is deactivated')
  expect(deactivated?.text.replaceAll('\n', ' ')).toContain(`contact us: ${HELP}.`)
  for (const mail of site.mailbox.mails) expect(mail.text + mail.html).not.toContain('token=')
})

test('the mail says that an account is scheduled for deletion, and a reset does not cancel it', async () => {
  const site = await annAndEveWithMail()
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  const { deletion_at } = await site.deps.db
    .selectFrom('users')
    .select('deletion_at')
    .where('id', '=', site.users.ann.id)
    .executeTakeFirstOrThrow()
  await askFor(site, ann.email)
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ subject }) => subject === 'Reset your password')
  expect(mail?.text.replaceAll('\n', ' ')).toContain(
    'This account will be deleted on Jan 15, 2030. A new password does not change that. Log in to keep the account.',
  )
  const visitor = site.browser()
  await visitor.get(linkIn(mail?.text))
  expect((await visitor.post('/reset-password', { new_password: NEW_PASSWORD })).status).toBe(303)
  const users = site.deps.db.selectFrom('users').select('deletion_at').where('id', '=', site.users.ann.id)
  expect(await users.executeTakeFirst()).toEqual({ deletion_at })
})

test('from its time of deletion on, an account counts as none', async () => {
  const site = await annAndEveWithMail()
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id, grace: days(1) })
  await site.deliverMail()
  site.advance(days(1))
  await askFor(site, ann.email)
  await site.deliverMail()
  expect(site.mailbox.mails.at(-1)?.subject).toBe('No account with this address')
})

test('while sign-up is closed, no mail links to it', async () => {
  const site = await annAndEveWithMail({ SIGNUP: 'closed' })
  await askFor(site, 'zoe@example.test')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ html }) => html.includes('/signup'))).toEqual([false])
})

test('every address gets the same bytes, headers and cookies, whether it has an account or not', async () => {
  const site = await annAndEveWithMail()
  await deactivateUser(site.deps, site.users.eve, 'command line')
  const answers = []
  for (const email of [ann.email, eve.email, 'zoe@example.test']) answers.push(await askFor(site, email))
  const comparable = answers.map(({ headers, ...answer }) => ({ ...answer, headers: [...headers] }))
  expect(comparable[1]).toEqual(comparable[0])
  expect(comparable[2]).toEqual(comparable[0])
})

test('htmx gets 204 and the next page, and a malformed address beside its field', async () => {
  const { browser } = await annAndEveWithMail()
  const done = await browser().postHtmx('/forgot-password', { email: ann.email })
  expect([done.status, done.headers.get('hx-redirect')]).toEqual([204, '/forgot-password/sent'])
  for (const send of [browser().post, browser().postHtmx]) {
    const refused = await send('/forgot-password', { email: 'nonsense', next: '/settings' })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('<small id="email-error" class="field-error">Enter an email address like')
    expect(refused.html).toContain('value="nonsense"')
    expect(refused.html).toContain('<a href="/login?next=%2Fsettings">Back to login</a>')
  }
})

test('the 21st request of a source in an hour waits, and keeps the typed address', async () => {
  const site = await annAndEveWithMail()
  const visitor = site.browser()
  for (let i = 0; i < 20; i++) {
    const asked = await visitor.post('/forgot-password', { email: `n${i}@example.test` })
    expect(asked.to).toBe('/forgot-password/sent')
  }
  const limited = await visitor.post('/forgot-password', { email: ann.email })
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3600'])
  expect(limited.html).toContain('You’ve asked for too many emails. Try again in 1 hour.')
  expect(limited.html).toContain(`value="${ann.email}"`)
  expect((await visitor.post('/forgot-password', { email: 'nonsense' })).status).toBe(422)
  site.advance(hours(1))
  expect((await visitor.post('/forgot-password', { email: ann.email })).status).toBe(303)
})

test('the fourth request for an address in an hour gets the same answer and no mail, with and without an account', async () => {
  for (const email of [ann.email, 'zoe@example.test']) {
    const site = await annAndEveWithMail()
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(await askFor(site, i % 2 ? email.toUpperCase() : email))
    expect(new Set(answers.map(({ status, to, html }) => `${status} ${to} ${html}`)).size).toBe(1)
    await site.deliverMail()
    expect(site.mailbox.mails).toHaveLength(3)
    site.advance(hours(1))
    await askFor(site, email)
    await site.deliverMail()
    expect(site.mailbox.mails).toHaveLength(4)
  }
})

test('requests never lock an account, and the links of three requests work until one is used', async () => {
  const site = await annAndEveWithMail()
  for (let i = 0; i < 5; i++) await askFor(site, ann.email)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
  await site.deliverMail()
  const links = site.mailbox.mails.map(({ text }) => linkIn(text))
  const statusOf = async (link: string) => {
    const visitor = site.browser()
    await visitor.get(link)
    return (await visitor.get('/reset-password')).status
  }
  expect(await Promise.all(links.map(statusOf))).toEqual([200, 200, 200])
  const visitor = site.browser()
  await visitor.get(links[1] ?? '')
  await visitor.post('/reset-password', { new_password: NEW_PASSWORD })
  expect(await Promise.all(links.map(statusOf))).toEqual([410, 410, 410])
})

test('an answer does not depend on the mail server', async () => {
  const site = await annAndEveWithMail()
  site.mailbox.failWith(smtpErrors.refused)
  await site.deliverMail()
  expect((await askFor(site, ann.email)).to).toBe('/forgot-password/sent')
})

test('no mail contains typed text of the request', async () => {
  const site = await annAndEveWithMail()
  const hostile = site.browser('<b>Buy</b>\thttps://evil.test')
  await hostile.post('/forgot-password', { email: ann.email, name: 'https://evil.test' })
  await site.deliverMail()
  for (const { text, html } of site.mailbox.mails) {
    expect(text + html).not.toContain('evil.test')
    expect(text).toContain('an unknown browser')
  }
})

test('every link of a mail starts with APP_URL, whatever the request says', async () => {
  const site = await annAndEveWithMail({ APP_URL: 'https://app.test', TRUST_PROXY: '1' })
  const headers = { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test' }
  await site.browser().post('/forgot-password', { email: ann.email }, headers)
  await site.deliverMail()
  const [mail] = site.mailbox.mails
  const links = [...`${mail?.text} ${mail?.html}`.matchAll(/https?:\/\/[^\s"<]+/g)].map(([link]) => link)
  expect(links.length).toBeGreaterThan(1)
  for (const link of links) expect(link).toStartWith('https://app.test/')
})

// A locked account.

const lockedText = (html: string) => /<p id="login-error"[^>]*>(.*?)<\/p>/s.exec(html)?.[1]?.replaceAll(/\s+/g, ' ')

test('while mail is on, the text of a locked account links to the reset, also for an unknown address', async () => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.account.max = 1
  for (const email of [ann.email, 'zoe@example.test']) {
    const logIn = () => site.browser().post('/login', { email, password: 'wrong' })
    await logIn()
    const locked = await logIn()
    expect([locked.status, lockedText(locked.html)]).toEqual([
      429,
      'Too many failed attempts. Log in from a browser you have used before, or <a href="/forgot-password">reset your password</a>.',
    ])
  }
})

test('a user with an ended session gets the link, and one with a session only the text', async () => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.account.max = 1
  const [anns, ended] = [await site.as(ann), await site.as(ann)]
  await site.browser().post('/login', { ...ann, password: 'wrong' })
  const change = { password: ann.password, new_password: NEW_PASSWORD }
  const active = await anns.post('/settings/password', change)
  expect([active.status, active.html.includes('or reset your password.')]).toEqual([429, true])
  site.advance(minutes(5))
  const relogin = await ended.post('/relogin', { password: ann.password })
  expect([relogin.status, relogin.html.includes('<a href="/forgot-password">reset your password</a>')]).toEqual([
    429,
    true,
  ])
  const reset = await ended.get('/forgot-password')
  expect([reset.status, reset.html.includes('Send reset link')]).toEqual([200, true])
})

test('without mail, the text of a locked account names an administrator', async () => {
  const site = await annAndEveWithMail({ MAIL_URL: 'off' })
  site.deps.config.limits.account.max = 1
  await site.browser().post('/login', { ...ann, password: 'wrong' })
  const locked = await site.browser().post('/login', ann)
  expect(lockedText(locked.html)).toBe(
    'Too many failed attempts. Log in from a browser that you have used before, or ask an administrator to reset your password.',
  )
})

// By an admin.

adminTest('an admin sends a reset, and sees no link', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const { anns, users, pageOf } = site
  const page = await anns.get(pageOf('eve'))
  expect(page.html).toContain('Send password reset')
  const userId = users.eve.id
  const sent = eventsDuring(site, async () => {
    const done = await anns.post(`${pageOf('eve')}/send-reset`)
    expect([done.status, done.to]).toEqual([303, pageOf('eve')])
  })
  expect(await sent).toEqual([{ kind: 'password-reset-requested', userId, by: users.ann.id }])
  const shown = await anns.get(pageOf('eve'))
  expect(shown.html).toContain('A password reset email is on its way.')
  await site.deliverMail()
  const [mail] = site.mailbox.mails
  expect([mail?.to, linkIn(mail?.text)]).toEqual([eve.email, expect.stringContaining('/reset-password?token=')])
  expect(shown.html).not.toContain('token=')
  expect(site.events.filter(({ kind }) => kind === 'password-reset-requested')).toHaveLength(1)
  expect((await site.eves.get('/settings/activity')).html).toContain(
    'An administrator sent you an email with a link to choose a new password.',
  )
})

adminTest('only an admin with a fresh login sends a reset, and only while mail is on', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const path = `${site.pageOf('eve')}/send-reset`
  const statuses = async (who: Browser) => (await who.post(path)).status
  expect([await statuses(site.eves), await statuses(site.sues)]).toEqual([403, 403])
  expect((await site.browser().post(path)).to).toStartWith('/login')
  const stale = await site.as(ann, { fresh: false })
  expect((await stale.post(path)).to).toStartWith('/relogin')
  expect((await site.anns.post('/admin/users/unknown/send-reset')).status).toBe(404)
  expect(await site.deps.db.selectFrom('mails').select('id').execute()).toEqual([])
  const off = await annAsAdmin()
  expect((await off.anns.post(`${off.pageOf('eve')}/send-reset`)).status).toBe(404)
  expect((await off.anns.get(off.pageOf('eve'))).html).not.toContain('Send password reset')
})

test('a reset that an admin sent is outdated after a change of the password', async () => {
  const site = await annAndEveWithMail()
  const by = 'command line'
  await sendResetTo(site.deps, site.users.ann, by)
  await inTransaction(site.deps, (deps) => changePassword(deps, site.users.ann, 'a hash', by), {
    locks: userLocks(site.users.ann),
  })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toEqual(['An administrator changed your account'])
  const resets = site.deps.db.selectFrom('mails').select('error_code').where('kind', '=', 'reset-password')
  expect(await resets.execute()).toEqual([{ error_code: 'outdated' }])
})
