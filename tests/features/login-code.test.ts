import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { sha256 } from '@/lib/encoding'
import { days, hours, minutes } from '@/lib/duration'
import { scopes } from '@/model/users/roles'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changePassword } from '@/model/accounts/change-password'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { markVerified } from '@/model/accounts/verify-email'
import type { Browser } from '../support/browser'
import { smtpErrors } from '../support/mailbox'
import { codeIn, linkIn, newestMail, otherCode } from '../support/mailed'
import { ann, annAndEve, eve } from '../support/people'
import { openSite } from '../support/site'
import { makeToken } from '../support/tokens'

const ENV = { MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on', SESSION_IDLE_SECONDS: '3600' }
const PATH = '/login/code'
const SENT =
  'If there is an account with that address, we’ve sent an 8-digit code. It works for 10 minutes, in this browser only.'

type Site = Awaited<ReturnType<typeof annAndEve>>

/** The addresses of Ann and Eve are confirmed. */
async function codeSite(env: Record<string, string> = {}) {
  const site = await annAndEve({ ...ENV, ...env })
  for (const user of Object.values(site.users)) await markVerified(site.deps, user, user.id)
  site.events.length = 0
  return site
}

const send = (browser: Browser, email: string = ann.email, fields = {}) =>
  browser.post(`${PATH}/send`, { email, ...fields })

/** Ann asked for a code, and has the mail. */
async function annWithCode(env?: Record<string, string>) {
  const site = await codeSite(env)
  const anns = site.browser()
  await send(anns)
  const mail = await newestMail(site)
  return { ...site, anns, mail, code: codeIn(mail), link: linkIn(mail) }
}

const isLoggedIn = async (browser: Browser) => (await browser.copy().get('/profile')).status === 200

const rowOf = ({ deps }: Site, email: string) =>
  deps.db.selectFrom('users').selectAll().where('canonical_email', '=', email).executeTakeFirstOrThrow()

test('without EMAIL_LOGIN the address does not exist, and no page links to it', async () => {
  for (const env of [{ MAIL_URL: 'mailbox:' }, { MAIL_URL: 'off' }]) {
    const { browser } = await openSite(env)
    expect((await browser().get(PATH)).status).toBe(404)
    expect((await send(browser())).status).toBe(404)
    expect((await browser().post(PATH, { code: '12345678' })).status).toBe(404)
    expect((await browser().get('/login')).html).not.toContain('code')
  }
})

test('by default, email is no way to log in (ASVS 5.0, 6.3.6)', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' })
  const visitor = site.browser()
  for (const path of ['/forgot-password', '/login/code/send']) await visitor.post(path, { email: ann.email })
  const mail = await newestMail(site)
  await visitor.get(linkIn(mail))
  expect(await visitor.post('/reset-password', { new_password: 'five boxing wizards' })).toMatchObject({ to: '/login' })
  expect([await isLoggedIn(visitor), site.mailbox.mails.map(({ subject }) => subject)]).toEqual([
    false,
    ['Reset your password'],
  ])
})

test('the login page links to the form, and the form asks for an address', async () => {
  const { browser } = await codeSite()
  expect((await browser().get('/login?next=/settings')).html).toContain(
    '<a href="/login/code?next=%2Fsettings">Log in with a code</a>',
  )
  const { status, html } = await browser().get(`${PATH}?next=/settings`)
  expect(status).toBe(200)
  expect(html).toContain('<h1>Log in with a code</h1>')
  expect(html).toMatch(/<input id="email" name="email" type="email" autocomplete="username"/)
  expect(html).toContain('<input type="hidden" name="next" value="/settings"/>')
  expect(html).not.toContain('name="code"')
})

test('after the form, the page asks for the code', async () => {
  const { browser } = await codeSite()
  const anns = browser()
  expect(await send(anns)).toMatchObject({ status: 303, to: PATH })
  const { html } = await anns.get(PATH)
  expect(html).toContain(SENT)
  expect(html).toMatch(/<input id="code" name="code"[^>]* autocomplete="one-time-code"[^>]* inputmode="numeric"/)
  expect(html).not.toContain(ann.email)
})

test('the mail has the code, a link and nothing that was typed', async () => {
  const { mail, code, link } = await annWithCode()
  expect([mail.to, mail.subject]).toEqual([ann.email, `Your login code for ${branding.name}`])
  expect(code).toMatch(/^\d{4} \d{4}$/)
  expect(link).toStartWith('/login/code?token=')
  expect(mail.text).toContain('It works for 10 minutes, in that browser only.')
})

test('the code logs in, and the session is not fresh', async () => {
  const site = await annWithCode()
  const { anns, code, users } = site
  expect(await anns.post(PATH, { code })).toMatchObject({ status: 303, to: '/profile' })
  expect((await anns.get('/profile')).html).toContain('Logged in successfully.')
  expect([...anns.jar.keys()]).toEqual(['session'])
  expect((await anns.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  const session = await site.deps.db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow()
  expect(session).toMatchObject({ user_id: users.ann.id, started_by: 'email-code', reauthenticated_at: null })
  expect(site.events).toContainEqual({
    kind: 'logged-in',
    userId: users.ann.id,
    sessionId: session.id,
    remembered: false,
    amr: 'email-code',
    how: 'email-code',
  })
  expect((await anns.get('/settings/activity')).html).toContain('Logged in with a code from an email.')
  expect((await anns.get('/settings/sessions')).html).toContain('Code from an email')
  expect(JSON.parse((await anns.get('/api/sessions')).html).sessions[0].opened_by).toBe('email_code')
})

test.each([
  (code: string) => code.replace(' ', ''),
  (code: string) => code.replace(' ', '-'),
  (code: string) => ` ${code} `,
])('the code may be typed in each of these forms: %p', async (change) => {
  const { anns, code } = await annWithCode()
  expect(await anns.post(PATH, { code: change(code) })).toMatchObject({ status: 303, to: '/profile' })
})

test('the code leads to the page that the login was for', async () => {
  const site = await codeSite()
  const anns = site.browser()
  expect((await send(anns, ann.email, { next: '/settings' })).to).toBe('/login/code?next=%2Fsettings')
  expect((await anns.get('/login/code?next=/settings')).html.match(/name="next" value="\/settings"/g)).toHaveLength(2)
  const code = codeIn(await newestMail(site))
  expect((await anns.post(PATH, { code, next: '//evil.test' })).status).toBe(400)
  expect((await anns.post(PATH, { code, next: '/settings' })).to).toBe('/settings')
})

test('htmx gets redirects in a header and errors as a partial', async () => {
  const site = await codeSite()
  const anns = site.browser()
  expect(await anns.postHtmx(`${PATH}/send`, { email: ann.email })).toMatchObject({ status: 204, to: PATH })
  const wrong = await anns.postHtmx(PATH, { code: '1' })
  expect([wrong.status, wrong.html.startsWith('<title>Error: Log in with a code')]).toEqual([422, true])
  const code = codeIn(await newestMail(site))
  expect(await anns.postHtmx(PATH, { code })).toMatchObject({ status: 204, to: '/profile' })
})

test('a wrong code gets a message at its field, and the fifth ends the code', async () => {
  const { anns, code } = await annWithCode()
  const answers = []
  for (let i = 0; i < 4; i++) answers.push(await anns.post(PATH, { code: otherCode(code) }))
  expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422])
  expect(answers[0]?.html).toContain(
    '<small id="code-error" class="field-error">That code isn’t right. Use the 8 digits from our most recent email.</small>',
  )
  expect(answers[0]?.html).not.toContain(otherCode(code))
  const fifth = await anns.post(PATH, { code: otherCode(code) })
  expect(fifth.status).toBe(410)
  expect(fifth.html).toContain('You entered five wrong codes. Request a new one.')
  expect(fifth.html).toContain('<a href="/login/code" class="button">Send a new code</a>')
  expect((await anns.post(PATH, { code })).status).toBe(410)
  expect((await anns.get(PATH)).html).toContain('name="email"')
  expect(await isLoggedIn(anns)).toBe(false)
})

test('of twenty wrong codes at once five are checked', async () => {
  const { anns, code, deps } = await annWithCode()
  deps.config.limits['code-attempt'].source = [] // of the source, which would refuse the next attempt
  const answers = await Promise.all(Array.from({ length: 20 }, () => anns.copy().post(PATH, { code: otherCode(code) })))
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(4)
  expect((await anns.post(PATH, { code })).status).toBe(410)
})

test('a source may enter twenty wrong codes in ten minutes', async () => {
  const site = await codeSite()
  const anns = site.browser()
  for (let i = 0; i < 20; i++) {
    await send(anns, `a${i}@example.test`)
    expect((await anns.post(PATH, { code: '1' })).status).toBe(422)
  }
  const { status, headers, html } = await anns.post(PATH, { code: '1' })
  expect([status, headers.get('retry-after')]).toEqual([429, '600'])
  expect(html).toContain('Too many attempts. Wait 10 minutes, then try again.')
})

test('the code works in no other browser', async () => {
  const site = await annWithCode()
  const { browser, code, anns } = site
  const visitor = browser()
  expect((await visitor.post(PATH, { code })).status).toBe(410)
  await send(visitor, eve.email)
  expect((await visitor.post(PATH, { code })).status).toBe(422)
  expect(await isLoggedIn(visitor)).toBe(false)
  expect((await anns.post(PATH, { code })).status).toBe(303)
})

test('the code works once, and for ten minutes', async () => {
  const first = await annWithCode()
  const copy = first.anns.copy()
  first.advance(minutes(10) - 1)
  expect((await first.anns.post(PATH, { code: first.code })).status).toBe(303)
  expect((await copy.post(PATH, { code: first.code })).status).toBe(422)
  const second = await annWithCode()
  second.advance(minutes(10))
  expect((await second.anns.post(PATH, { code: second.code })).status).toBe(422)
})

test('of two codes the newest counts, and both links work', async () => {
  const site = await annWithCode()
  const { anns, code, link } = site
  site.advance(1)
  await send(anns)
  const newest = codeIn(await newestMail(site))
  expect((await anns.post(PATH, { code })).status).toBe(422)
  const copy = anns.copy()
  expect((await anns.post(PATH, { code: newest })).status).toBe(303)
  await copy.get(link)
  expect((await copy.get(PATH)).html).toContain('You asked for this link in this browser.')
})

test('the link has a button in the requesting browser, and the button logs in', async () => {
  const { anns, link } = await annWithCode()
  expect(await anns.get(link)).toMatchObject({ status: 303, to: PATH })
  const { status, html } = await anns.get(PATH)
  expect([status, html.includes('<form method="post" action="/login/code"')]).toEqual([200, true])
  expect(html).not.toMatch(/name="code"|token=/)
  expect(await isLoggedIn(anns)).toBe(false)
  expect(await anns.post(PATH)).toMatchObject({ status: 303, to: '/profile' })
  expect((await anns.get('/settings/password')).status).toBe(303)
})

test('the link has no button in any other browser, and no request of it logs in', async () => {
  const { anns, browser, link, deps } = await annWithCode()
  const other = browser()
  expect(await other.get(link)).toMatchObject({ status: 303, to: PATH })
  const { status, html } = await other.get(PATH)
  expect(status).toBe(200)
  expect(html).toContain('<h1>Use your other browser</h1>')
  expect(html).toContain(
    'This link works only in the browser where you asked for it. Enter the code from the email there.',
  )
  expect(html.replace(/<header[^]*?<\/header>/, '')).not.toMatch(/<form|<button/)
  expect((await other.post(PATH)).status).toBe(410)
  await other.get(link)
  await send(other, eve.email) // a flow of its own
  await other.get(link)
  expect((await other.post(PATH)).status).toBe(410)
  expect(await deps.db.selectFrom('sessions').select('id').execute()).toEqual([])
  await anns.get(link)
  expect((await anns.post(PATH)).status).toBe(303)
})

test('after a link that does not work, the next page is the form', async () => {
  const { browser } = await codeSite()
  const visitor = browser()
  await visitor.get(`${PATH}?token=${'A'.repeat(43)}`)
  const invalid = await visitor.get(PATH)
  expect(invalid.status).toBe(410)
  expect(invalid.html).toContain('<a href="/login/code" class="button">Send a new code</a>')
  expect((await visitor.get(PATH)).status).toBe(200)
})

test.each(['nonsense', '', 'a b@example.test'])('the address %j gets a message at its field', async (email) => {
  const { browser, deps } = await codeSite()
  const { status, html } = await send(browser(), email)
  expect(status).toBe(422)
  expect(html).toContain('<small id="email-error" class="field-error">')
  expect(await deps.db.selectFrom('mails').select('id').execute()).toEqual([])
})

test('an address without an account, and one that may not log in, get other mails without a code', async () => {
  const site = await codeSite()
  await deactivateUser(site.deps, site.users.eve, 'command line')
  await site.deliverMail()
  site.mailbox.mails.length = 0
  for (const email of ['zoe@example.test', eve.email]) await send(site.browser(), email)
  await site.deliverMail()
  expect(site.mailbox.mails.toSorted((a, b) => a.to.localeCompare(b.to))).toMatchObject([
    { to: eve.email, subject: 'Your account is deactivated' },
    { to: 'zoe@example.test', subject: 'No account with this address' },
  ])
  for (const mail of site.mailbox.mails) expect([codeIn(mail), linkIn(mail)]).toEqual(['', ''])
})

test('a secured account gets the link for a new password instead of a code', async () => {
  const site = await codeSite()
  await site.deps.db.updateTable('users').set({ secured_at: 1 }).where('id', '=', site.users.ann.id).execute()
  await send(site.browser())
  const mail = await newestMail(site)
  expect([mail.subject, codeIn(mail)]).toEqual(['Your account is secured', ''])
  expect(linkIn(mail)).toStartWith('/reset-password?token=')
})

test('an account that is secured after the mail gets no session', async () => {
  const { anns, code, deps, users } = await annWithCode()
  await deps.db.updateTable('users').set({ secured_at: 1 }).where('id', '=', users.ann.id).execute()
  expect((await anns.post(PATH, { code })).status).toBe(410)
  expect(await isLoggedIn(anns)).toBe(false)
})

test.each<[string, (site: Site) => Promise<unknown>]>([
  [
    'changed its password',
    ({ deps, users }) =>
      inTransaction(deps, (deps) => changePassword(deps, users.ann, 'a hash', 'command line'), {
        locks: userLocks(users.ann),
      }),
  ],
  ['was deactivated', ({ deps, users }) => deactivateUser(deps, users.ann, 'command line')],
  ['was scheduled for deletion', ({ deps, users }) => requestDeletion(deps, users.ann, { by: users.ann.id })],
  ['was deleted', ({ deps, users }) => deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute()],
])('a code from before the account %s is wrong', async (_, change) => {
  const site = await annWithCode()
  await change(site)
  expect((await site.anns.post(PATH, { code: site.code })).status).toBe(422)
  expect(await isLoggedIn(site.anns)).toBe(false)
})

test('during the grace period of a deletion the code leads to the choice, and the session is not fresh', async () => {
  const site = await codeSite()
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  await site.deliverMail()
  const anns = site.browser()
  await send(anns, ann.email, { next: '/settings' })
  const code = codeIn(await newestMail(site))
  expect(await anns.post(PATH, { code, next: '/settings' })).toMatchObject({ to: '/restore-account?next=%2Fsettings' })
  expect(await isLoggedIn(anns)).toBe(false)
  expect(await anns.post('/restore-account', { choice: 'keep', next: '/settings' })).toMatchObject({ to: '/settings' })
  expect(await isLoggedIn(anns)).toBe(true)
  expect((await anns.get('/settings/password')).to).toStartWith('/relogin')
  const { started_by } = await site.deps.db.selectFrom('sessions').select('started_by').executeTakeFirstOrThrow()
  expect(started_by).toBe('email-code')
})

test('an account whose time has come gets the mail of an address without one', async () => {
  const site = await codeSite()
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  site.advance(days(14))
  await send(site.browser())
  expect((await newestMail(site)).subject).toBe('No account with this address')
})

test('a code is the first proof of an unverified address, so nothing of a former owner remains', async () => {
  const site = await annAndEve(ENV)
  const { deps, users, browser } = site
  const eves = browser() // she signed up with the address of Ann
  await eves.post('/login', { ...ann, remember: 'yes' })
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes, lifetime: days(1) })
  await deps.db.updateTable('users').set({ new_device_muted_at: 1, email_declined_at: 1 }).execute()
  const anns = browser('Other browser')
  await send(anns)
  expect((await anns.post(PATH, { code: codeIn(await newestMail(site)) })).status).toBe(303)
  expect(await rowOf(site, ann.email)).toMatchObject({
    email_verified_at: deps.now(),
    email_declined_at: null,
    new_device_muted_at: null,
    password_hash: null,
  })
  expect(site.events).toContainEqual({ kind: 'email-verified', userId: users.ann.id, by: users.ann.id })
  expect(await isLoggedIn(eves)).toBe(false)
  eves.close()
  expect(await isLoggedIn(eves)).toBe(false)
  expect((await browser().get('/api/me', { authorization: `Bearer ${text}` })).status).toBe(401)
  expect((await browser().post('/login', ann)).status).toBe(422)
  expect((await anns.get('/profile')).html).toContain('The old password no longer works: reset it to choose a new one.')
  expect(await deps.db.selectFrom('known_devices').select('id').execute()).toEqual([])
  expect(await isLoggedIn(anns)).toBe(true)
})

test('a code for a verified address ends nothing', async () => {
  const site = await annWithCode()
  const phone = await site.as(ann, { userAgent: 'Phone' })
  await site.anns.post(PATH, { code: site.code })
  expect([await isLoggedIn(site.anns), await isLoggedIn(phone)]).toEqual([true, true])
  expect((await site.browser().post('/login', ann)).to).toBe('/profile')
})

test('a login by code makes no known device and remembers none', async () => {
  const { anns, code, deps } = await annWithCode()
  await anns.post(PATH, { code, remember: 'yes' })
  expect([anns.jar.has('device'), anns.jar.has('remember')]).toEqual([false, false])
  expect(await deps.db.selectFrom('known_devices').select('id').execute()).toEqual([])
})

test('a logged-in user is redirected away, and the code stays unused', async () => {
  const { anns, code, as } = await annWithCode()
  const eves = await as(eve)
  eves.keep('flow', anns.jar.get('flow') ?? '')
  for (const answer of [await eves.get(PATH), await send(eves), await eves.post(PATH, { code })])
    expect(answer).toMatchObject({ status: 303, to: '/profile' })
  expect((await anns.post(PATH, { code })).status).toBe(303)
})

test('three mails an hour go to one address, and the response stays the same', async () => {
  const site = await codeSite()
  const answers = []
  for (let i = 0; i < 4; i++) answers.push(await send(site.browser()))
  expect(answers.map(({ status, to }) => [status, to])).toEqual(Array.from({ length: 4 }, () => [303, PATH]))
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(3)
})

test('a source that asks for too many mails has to wait, and keeps what it typed', async () => {
  const site = await codeSite()
  const visitor = site.browser()
  for (let i = 0; i < 20; i++) await send(site.browser(), `a${i}@example.test`)
  const { status, headers, html } = await send(visitor)
  expect([status, headers.get('retry-after')]).toEqual([429, '3600'])
  expect(html).toContain('You’ve asked for too many emails. Try again in 1 hour.')
  expect(html).toContain(`value="${ann.email}"`)
  expect(visitor.jar.has('flow')).toBe(false)
})

test('a mail that waited for an hour is not sent', async () => {
  const site = await codeSite()
  await send(site.browser())
  site.advance(hours(1))
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
})

test('the request reads no account: it writes one mail for the address of the form', async () => {
  const site = await codeSite()
  const anns = site.browser()
  await send(anns, ` ${ann.email.toUpperCase()}`)
  const mail = await site.deps.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow()
  expect(mail).toMatchObject({
    kind: 'login-code',
    recipient: ann.email,
    user_id: null,
    flow_hash: sha256(anns.jar.get('flow') ?? ''),
  })
})

const CASES: [what: string, email: string, prepare: (site: Site) => Promise<unknown>][] = [
  ['has an account', ann.email, async () => undefined],
  ['has no account', 'zoe@example.test', async () => undefined],
  ['is deactivated', ann.email, ({ deps, users }) => deactivateUser(deps, users.ann, 'command line')],
  [
    'is secured',
    ann.email,
    ({ deps, users }) => deps.db.updateTable('users').set({ secured_at: 1 }).where('id', '=', users.ann.id).execute(),
  ],
  ['is scheduled for deletion', ann.email, ({ deps, users }) => requestDeletion(deps, users.ann, { by: users.ann.id })],
]

test.each([
  ['up', undefined],
  ['refusing the mailbox', smtpErrors.mailboxFull],
  ['refusing connections', smtpErrors.refused],
])('with the mail server %s, five wrong codes get the same bytes for every address', async (_, failure) => {
  const seen = new Set<string>()
  for (const [, email, prepare] of CASES) {
    const site = await codeSite()
    await prepare(site)
    await site.deliverMail()
    site.mailbox.failWith(failure)
    const visitor = site.browser()
    const answers = [await send(visitor, email), await visitor.get(PATH)]
    await site.deliverMail()
    for (let i = 0; i < 6; i++) answers.push(await visitor.post(PATH, { code: '1' }))
    const visible = answers.map(({ status, to, html, headers, set }) => [
      status,
      to,
      html,
      [...headers].filter(([name]) => name !== 'set-cookie'),
      set.map((line) => line.replace(/flow=[\w.-]+/, 'flow=…')),
    ])
    seen.add(JSON.stringify(visible))
  }
  expect(seen.size).toBe(1)
})

test('a mail over the limit of unknown addresses still leaves a row to compare with', async () => {
  const site = await codeSite()
  site.deps.config.limits['mail-unknown-recipient'] = [{ max: 0, window: hours(1) }]
  const visitor = site.browser()
  await send(visitor, 'zoe@example.test')
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await visitor.post(PATH, { code: '1' })).status)
  expect(statuses).toEqual([422, 422, 422, 422, 410])
})

test('the row of a code that is in no mail holds no address', async () => {
  const site = await codeSite()
  await deactivateUser(site.deps, site.users.eve, 'command line')
  for (const email of ['unknown@example.test', eve.email]) await send(site.browser(), email)
  await site.deliverMail()
  const rows = await site.deps.db.selectFrom('one_time_tokens').select(['user_id', 'canonical_email']).execute()
  expect(rows).toEqual([
    { user_id: null, canonical_email: '' },
    { user_id: null, canonical_email: '' },
  ])
})
