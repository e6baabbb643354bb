import { expect, spyOn, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { prepareMail } from '@/model/accounts/prepare-mail'
import { eventsDuring, ID } from '../support/emitted-events'
import { NEW_PASSWORD } from '../support/link-purposes'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann, eve } from '../support/people'
import { openSite } from '../support/site'
import { statementsDuring } from '../support/statements'
import { makeToken } from '../support/tokens'
import { queuedMail } from '../support/queued-mail'

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const PURPOSE = 'reset-password'

/** A browser that has opened a link for Ann. */
async function annsLink(site: Site, visitor = site.browser()) {
  await openLink(visitor, PURPOSE, await issueTo(site, site.users.ann, PURPOSE))
  return visitor
}

const rowOf = ({ deps, users }: Site, who: 'ann' | 'eve' = 'ann') =>
  deps.db.selectFrom('users').selectAll().where('id', '=', users[who].id).executeTakeFirstOrThrow()

const statusOfLogin = async ({ browser }: Site, password: string) =>
  (await browser().post('/login', { ...ann, password })).status

test('a link leads to a page without its token, in the address and in the page', async () => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, PURPOSE)
  const visitor = site.browser()
  const opened = await visitor.get(`/reset-password?token=${token}`)
  expect([opened.status, opened.to, opened.html]).toEqual([303, '/reset-password', ''])
  expect(opened.set).toEqual([`one-time=${token}; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax`])
  const { status, html } = await visitor.get('/reset-password')
  expect(status).toBe(200)
  expect(html).toContain('<h1>Choose a new password</h1>')
  expect(html).toContain('This logs out all your sessions and revokes your API tokens.')
  expect(html).toContain(`value="${ann.email}"`)
  expect(html).toContain('autocomplete="new-password"')
  expect(html).not.toContain(token)
})

test('a strict SameSite setting leaves the cookie of a link lax, because the link comes from a webmail', async () => {
  const site = await openSite({ MAIL_URL: 'mailbox:' }, { cookies: { sameSite: 'strict' } })
  const { set } = await site.browser().get(`/reset-password?token=${'A'.repeat(43)}`)
  expect(set).toEqual([expect.stringContaining('; SameSite=Lax')])
})

test('a reset sets the password, ends all access and does not log in', async () => {
  const site = await annAndEveWithMail()
  const [session, phone] = [await site.as(ann), site.browser('Phone')]
  await phone.post('/login', { ...ann, remember: 'yes' })
  phone.close()
  const { text } = await makeToken(site.deps, site.users.ann, { name: 'x', scopes: [], lifetime: days(1) })
  const visitor = await annsLink(site)
  const done = await useOpened(visitor, PURPOSE)
  expect([done.status, done.to]).toEqual([303, '/login'])
  expect(visitor.jar.has('session')).toBe(false)
  expect((await visitor.get('/login')).html).toContain(
    'Your password has been changed. Please log in with the new one.',
  )
  expect((await session.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  expect((await phone.get('/profile')).status).toBe(303)
  const program = { headers: { authorization: `Bearer ${text}` } }
  expect((await site.browser().ask('/api/me', program)).status).toBe(401)
  expect(await site.deps.db.selectFrom('known_devices').select('id').execute()).toEqual([])
  expect([await statusOfLogin(site, ann.password), await statusOfLogin(site, NEW_PASSWORD)]).toEqual([422, 303])
})

test('a reset records the recovery, and that the address is confirmed', async () => {
  const site = await annAndEveWithMail()
  expect(await rowOf(site)).toMatchObject({ recovered_at: null, email_verified_at: null })
  const first = site.deps.now()
  await useOpened(await annsLink(site), PURPOSE)
  expect(await rowOf(site)).toMatchObject({ recovered_at: first, email_verified_at: first })
  site.advance(days(1))
  await useOpened(await annsLink(site), PURPOSE)
  expect(await rowOf(site)).toMatchObject({ recovered_at: first + days(1), email_verified_at: first })
  expect(await rowOf(site, 'eve')).toMatchObject({ recovered_at: null, email_verified_at: null })
})

test('a reset unlocks a locked account, also for unknown browsers', async () => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.account.max = 3
  for (let i = 0; i < 3; i++) await statusOfLogin(site, 'wrong')
  expect(await statusOfLogin(site, ann.password)).toBe(429)
  await useOpened(await annsLink(site), PURPOSE)
  expect(await statusOfLogin(site, NEW_PASSWORD)).toBe(303)
})

test('a reset emits its events, and the owner sees it in the activity', async () => {
  const site = await annAndEveWithMail()
  await site.as(ann)
  const { id: userId } = site.users.ann
  const visitor = site.browser()
  const token = await issueTo(site, site.users.ann, PURPOSE)
  expect(await eventsDuring(site, () => openLink(visitor, PURPOSE, token))).toEqual([
    { kind: 'link-opened', purpose: PURPOSE },
  ])
  expect(await eventsDuring(site, () => useOpened(visitor, PURPOSE))).toEqual([
    { kind: 'session-ended', userId, sessionId: ID, reason: 'password' },
    { kind: 'password-changed', userId, by: userId, how: 'reset' },
  ])
  expect(await eventsDuring(site, () => useOpened(visitor, PURPOSE))).toEqual([{ kind: 'link-rejected' }])
  const anns = site.browser()
  await anns.post('/login', { ...ann, password: NEW_PASSWORD })
  expect((await anns.get('/settings/activity')).html).toContain('You chose a new password with a link from an email.')
})

test('a reset writes the mail that reports it, with browser and IP address', async () => {
  const site = await annAndEveWithMail()
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  await useOpened(await annsLink(site, site.browser(chrome)), PURPOSE)
  const mail = await site.deps.db.selectFrom('mails').selectAll().executeTakeFirstOrThrow()
  expect(mail).toMatchObject({ kind: 'password-changed', user_id: site.users.ann.id, recipient: ann.email })
  expect(JSON.parse(mail.details)).toEqual({ at: site.deps.now(), browser: 'Chrome on Linux' })
})

test('a weak password is refused beside its field, and the link keeps working', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  for (const [new_password, error] of [
    ['', 'Enter a password.'],
    ['short', 'Use at least 12 characters. This has 5.'],
    ['ann@example.test', 'Too similar to your email address'],
  ] as const) {
    const refused = await visitor.post('/reset-password', { new_password })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(`<small id="new_password-error" class="field-error">${error}`)
  }
  expect((await useOpened(visitor, PURPOSE)).status).toBe(303)
})

test('an invalid link leads to a new one, with the same page for htmx', async () => {
  const site = await annAndEveWithMail()
  const { status, html } = await site.browser().get('/reset-password')
  expect(status).toBe(410)
  expect(html).toContain('<h1>This link no longer works</h1>')
  expect(html).toContain('<a href="/forgot-password" class="button">Send a new link</a>')
  const partial = await site.browser().postHtmx('/reset-password', { new_password: NEW_PASSWORD })
  expect([partial.status, partial.html.startsWith('<')]).toEqual([410, true])
  expect(partial.html).toContain('This link no longer works')
  expect(partial.html).not.toContain('<html')
})

test('htmx gets 204 and the next page after a reset', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  const done = await visitor.postHtmx('/reset-password', { new_password: NEW_PASSWORD })
  expect([done.status, done.headers.get('hx-redirect')]).toEqual([204, '/login'])
})

test('a deactivated account cannot be reset, and the page names a contact', async () => {
  for (const [env, contact] of [
    [
      { SECURITY_CONTACT: 'mailto:security@app.test' },
      'Contact us: <a href="mailto:security@app.test">security@app.test',
    ],
    [{ SUPPORT_EMAIL: 'help@app.test' }, 'Contact us: <a href="mailto:help@app.test">help@app.test'],
    [{}, undefined],
  ] as [Record<string, string>, string | undefined][]) {
    const site = await annAndEveWithMail(env)
    const visitor = await annsLink(site)
    await deactivateUser(site.deps, site.users.ann, 'command line')
    const before = await rowOf(site)
    for (const answer of [await visitor.get('/reset-password'), await useOpened(visitor, PURPOSE)]) {
      expect(answer.status).toBe(403)
      expect(answer.html).toContain('<h1>Account deactivated</h1>')
      expect(answer.html).toContain(contact ?? 'An administrator deactivated this account.')
      expect(answer.html.includes('Contact us')).toBe(contact !== undefined)
    }
    expect(await rowOf(site)).toEqual(before)
  }
})

test('an account that is deactivated while the password is hashed is not reset', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  const { hash } = Bun.password
  const spy = spyOn(Bun.password, 'hash').mockImplementationOnce(async (...parameters) => {
    await deactivateUser(site.deps, site.users.ann, 'command line')
    return hash(...parameters)
  })
  expect((await useOpened(visitor, PURPOSE)).status).toBe(403)
  spy.mockRestore()
  expect(await rowOf(site)).toMatchObject({ password_version: 1, recovered_at: null })
})

test('a reset of another account leaves the session of this browser and its pages untouched', async () => {
  const site = await annAndEveWithMail()
  const eves = await site.as(eve)
  const [session, page] = [eves.jar.get('session'), (await eves.get('/profile')).html]
  await annsLink(site, eves)
  const form = await eves.get('/reset-password')
  expect([form.html.includes(`value="${ann.email}"`), form.html.includes('Eve')]).toEqual([true, true])
  const done = await useOpened(eves, PURPOSE)
  expect([done.status, done.to, eves.jar.get('session')]).toEqual([303, '/profile', session])
  const next = await eves.get('/profile')
  expect(next.html).toContain('The other account’s password has been changed. You are still logged in to this one.')
  expect((await eves.get('/profile')).html).toBe(page)
  expect(await rowOf(site, 'eve')).toMatchObject({ password_version: 1, recovered_at: null })
})

test('a user who is logged in and resets the own password logs in again', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  const done = await useOpened(await annsLink(site, anns), PURPOSE)
  expect([done.status, done.to]).toEqual([303, '/login'])
  expect((await anns.get('/login')).html).toContain('Please log in with the new one.')
})

test.each(['login', 'logout'])('a %s clears the cookie of an opened link', async (what) => {
  const site = await annAndEveWithMail()
  const eves = what === 'login' ? site.browser() : await site.as(eve)
  await annsLink(site, eves)
  expect(eves.jar.has('one-time')).toBe(true)
  await eves.post(`/${what}`, what === 'login' ? eve : {})
  expect(eves.jar.has('one-time')).toBe(false)
})

test('with MAIL_URL=off no address of the reset exists', async () => {
  const site = await annAndEveWithMail({ MAIL_URL: 'off' })
  for (const path of ['/reset-password', '/forgot-password/sent', `/reset-password?token=${'A'.repeat(43)}`])
    expect((await site.browser().get(path)).status).toBe(404)
  expect((await site.browser().post('/reset-password', { new_password: NEW_PASSWORD })).status).toBe(404)
  expect((await site.browser().post('/forgot-password', { email: ann.email })).status).toBe(405)
})

const asMail = (recipient: string, user?: { id: string; password_version: number }) =>
  queuedMail({
    kind: 'reset-password',
    user_id: user?.id ?? null,
    recipient,
    password_version: user?.password_version ?? null,
  })

test('the mail job decides which mail an address gets, and only an active account gets a token', async () => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  await deactivateUser(deps, users.eve, 'command line')
  const prepared = await Promise.all(
    [ann.email, eve.email, 'zoe@example.test'].map((email) => prepareMail(deps, asMail(email))),
  )
  expect(prepared).toMatchObject([
    { kind: 'ready', template: 'reset-password' },
    { kind: 'ready', template: 'reset-deactivated', data: { tokens: {} } },
    { kind: 'ready', template: 'reset-no-account', data: { tokens: {} } },
  ])
  const tokens = await deps.db.selectFrom('one_time_tokens').select(['user_id', 'expires_at']).execute()
  expect(tokens).toEqual([{ user_id: users.ann.id, expires_at: deps.now() + minutes(30) }])
})

test('the mail job reports each request once, also if the mail is sent again', async () => {
  const { deps, users, ...site } = await annAndEveWithMail()
  const mail = asMail(ann.email)
  expect(
    await eventsDuring(site, async () => {
      await prepareMail(deps, mail)
      await prepareMail(deps, { ...mail, attempt_count: 2 })
      await prepareMail(deps, asMail('zoe@example.test'))
    }),
  ).toEqual([{ kind: 'password-reset-requested', userId: users.ann.id }, { kind: 'password-reset-requested' }])
})

test('a reset for a known account is outdated after a change of its password or address', async () => {
  const { deps, users } = await annAndEveWithMail()
  const outdated = { kind: 'dropped', code: 'outdated' } as const
  const before = users.ann
  expect(await prepareMail(deps, asMail(ann.email, before))).toMatchObject({ kind: 'ready' })
  expect(await prepareMail(deps, asMail('old@example.test', before))).toEqual(outdated)
  expect(await prepareMail(deps, asMail(ann.email, { ...before, password_version: 0 }))).toEqual(outdated)
  expect(await prepareMail(deps, { ...asMail('old@example.test', before), kind: 'password-changed' })).toEqual(outdated)
  const reported = { ...asMail(ann.email, { ...before, password_version: 0 }), kind: 'password-changed' as const }
  expect(await prepareMail(deps, reported)).toMatchObject({ kind: 'ready', template: 'password-changed' })
})

test('the request of a reset reads no user', async () => {
  const site = await annAndEveWithMail()
  for (const email of [ann.email, 'zoe@example.test']) {
    const statements = await statementsDuring(site.deps, async () => {
      expect((await site.browser().post('/forgot-password', { email })).to).toBe('/forgot-password/sent')
    })
    expect(statements.some((text) => text.startsWith('insert into "mails"'))).toBe(true)
    expect(statements.filter((text) => /from "users"|join "users"/.test(text))).toEqual([])
  }
})
