import { expect, test } from 'bun:test'
import type { ReportedEvent } from '@/model/one-time-tokens/one-time-tokens'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { user } from '../support/command-line'
import { eventsDuring, ID } from '../support/emitted-events'
import { dumpDatabase } from '../support/dump-database'
import { moveTo } from '../support/email-changes'
import { NEW_PASSWORD } from '../support/link-purposes'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann, annAndEve, eve } from '../support/people'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { startSession } from '@/model/sessions/sessions'
import { client } from '../support/open-request'
import { ended, listen } from '../support/stream'
import { makeToken } from '../support/tokens'

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const PURPOSE = 'secure-account'
const TEXT = 'We’ll log out every session, revoke every API token, forget every device and disable your password.'

/** A browser that has opened a link for Ann. */
async function annsLink(site: Site, visitor = site.browser()) {
  await openLink(visitor, PURPOSE, await issueTo(site, site.users.ann, PURPOSE))
  return visitor
}

const rowOf = ({ deps, users }: Site, who: 'ann' | 'eve' = 'ann') =>
  deps.db.selectFrom('users').selectAll().where('id', '=', users[who].id).executeTakeFirstOrThrow()

const logIn = ({ browser }: Site, password: string) => browser().post('/login', { ...ann, password })

const tokenFor = ({ deps, users }: Site, event: ReportedEvent) =>
  inTransaction(deps, (deps) => issueOneTimeToken(deps, PURPOSE, users.ann, { event }), { locks: [] })

test('a link leads to a page that says what happens, what was reported, and changes nothing', async () => {
  const site = await annAndEveWithMail()
  const at = site.deps.now() - minutes(90)
  const event: ReportedEvent = { kind: 'new-device', at, browser: 'Firefox on Linux', ip: '203.0.113.…' }
  const token = await tokenFor(site, event)
  const before = await dumpDatabase(site)
  const visitor = site.browser()
  const opened = await visitor.get(`/secure-account?token=${token}`)
  expect([opened.status, opened.to, opened.html]).toEqual([303, '/secure-account', ''])
  const { status, html } = await visitor.get('/secure-account')
  expect(status).toBe(200)
  for (const text of [
    '<h1>Secure your account</h1>',
    TEXT,
    'Login from a new browser',
    'Firefox on Linux',
    '203.0.113.…',
  ])
    expect(html).toContain(text)
  expect(html).toContain(
    `<time datetime="${new Date(at).toISOString()}" data-show="exact">Jan 1, 2030, 10:30 AM UTC</time>`,
  )
  expect(html).toContain('<a href="/" class="button secondary">Cancel, this was me</a>')
  expect(html).not.toContain('type="password"')
  expect(html).not.toContain(token)
  expect(await dumpDatabase(site)).toEqual(before)
})

test('after "This wasn’t me" no session, remembered device, API token, known device or password works', async () => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  const [session, phone, eves] = [await site.as(ann), site.browser('Phone'), await site.as(eve)]
  await phone.post('/login', { ...ann, remember: 'yes' })
  phone.close()
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: [], lifetime: days(1) })
  const visitor = await annsLink(site)
  const done = await visitor.post('/secure-account')
  expect([done.status, done.to]).toEqual([303, '/reset-password'])
  const profile = await session.get('/profile')
  expect([profile.status, profile.to]).toEqual([303, '/login?next=%2Fprofile'])
  expect((await session.get('/login')).html).toContain(
    'Your account is secured. Choose a new password to use it again.',
  )
  expect((await phone.get('/profile')).to).toBe('/login?next=%2Fprofile')
  const bearer = { headers: { authorization: `Bearer ${text}` } }
  expect((await site.browser().ask('/api/me', bearer)).status).toBe(401)
  const own = { user_id: users.ann.id }
  const count = async (table: 'sessions' | 'remember_series', active: 'ended_at') =>
    (
      await deps.db
        .selectFrom(table)
        .select('id')
        .where('user_id', '=', own.user_id)
        .where(active, 'is', null)
        .execute()
    ).length
  expect([await count('sessions', 'ended_at'), await count('remember_series', 'ended_at')]).toEqual([0, 0])
  expect(await deps.db.selectFrom('known_devices').select('id').where('user_id', '=', users.ann.id).execute()).toEqual(
    [],
  )
  for (const password of [ann.password, 'wrong']) {
    const refused = await logIn(site, password)
    expect([refused.status, refused.html.includes('Please check your login details and try again.')]).toEqual([
      422,
      true,
    ])
  }
  expect((await eves.get('/profile')).status).toBe(200)
  expect((await rowOf(site, 'eve')).secured_at).toBeNull()
})

test('with htmx, securing answers 204 and the next page, and an invalid link is the same partial', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  const done = await visitor.postHtmx('/secure-account')
  expect([done.status, done.to]).toEqual([204, '/reset-password'])
  const again = await site.browser().postHtmx('/secure-account')
  expect([again.status, again.html.includes('This link no longer works'), again.html.includes('<html')]).toEqual([
    410,
    true,
    false,
  ])
})

test('an invalid link leads to a reset and to the login', async () => {
  const site = await annAndEveWithMail()
  const { status, html } = await site.browser().get('/secure-account')
  expect(status).toBe(410)
  expect(html).toContain('<a href="/forgot-password" class="button">Reset your password</a>')
  expect(html).toContain('<a href="/login" class="button secondary">Log in</a>')
})

test('the browser that secured the account chooses the new password, and only that opens the account', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  await visitor.post('/secure-account')
  const page = await visitor.get('/reset-password')
  expect([page.status, page.html.includes('Your account is secured. Choose a new password to use it again.')]).toEqual([
    200,
    true,
  ])
  const done = await visitor.post('/reset-password', { new_password: NEW_PASSWORD })
  expect([done.status, done.to]).toEqual([303, '/login'])
  expect(visitor.jar.has('session')).toBe(false)
  expect((await visitor.get('/login')).html).toContain(
    'Your account is yours again. Please log in with the new password.',
  )
  expect((await rowOf(site)).secured_at).toBeNull()
  expect([(await logIn(site, ann.password)).status, (await logIn(site, NEW_PASSWORD)).status]).toEqual([422, 303])
})

test('a new password from the command line opens a secured account, too', async () => {
  const site = await annAndEveWithMail()
  await (await annsLink(site)).post('/secure-account')
  await user(site, ['reset-password', ann.email], `${NEW_PASSWORD}\n`)
  expect((await rowOf(site)).secured_at).toBeNull()
})

test('the owner gets one mail with a link to choose a new password, unless that has happened', async () => {
  const site = await annAndEveWithMail()
  await (await annsLink(site)).post('/secure-account')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => [to, subject])).toEqual([[ann.email, 'Your account is secured']])
  const link = /\/reset-password\?token=([\w-]{43})/.exec(site.mailbox.mails[0]?.text ?? '')?.[1] ?? ''
  const owner = site.browser()
  await openLink(owner, 'reset-password', link)
  expect((await useOpened(owner, 'reset-password')).status).toBe(303)
  expect((await owner.get('/login')).html).toContain('Your account is yours again.')

  const other = await annAndEveWithMail()
  const visitor = await annsLink(other)
  await visitor.post('/secure-account')
  await visitor.post('/reset-password', { new_password: NEW_PASSWORD })
  await other.deliverMail()
  expect(other.mailbox.mails.map(({ subject }) => subject)).toEqual(['Your password was changed'])
})

test('securing an account emits its events, and its owner sees it in the activity', async () => {
  const site = await annAndEveWithMail()
  await site.as(ann)
  const { id: userId } = site.users.ann
  const visitor = site.browser()
  const token = await issueTo(site, site.users.ann, PURPOSE)
  expect(await eventsDuring(site, () => openLink(visitor, PURPOSE, token))).toEqual([
    { kind: 'link-opened', purpose: PURPOSE },
  ])
  expect(await eventsDuring(site, () => visitor.post('/secure-account'))).toEqual([
    { kind: 'session-ended', userId, sessionId: ID, reason: 'secured' },
    { kind: 'account-secured', userId },
  ])
  await visitor.post('/reset-password', { new_password: NEW_PASSWORD })
  expect(await eventsDuring(site, () => visitor.post('/secure-account'))).toEqual([{ kind: 'link-rejected' }])
  const anns = site.browser()
  await anns.post('/login', { ...ann, password: NEW_PASSWORD })
  const { html } = await anns.get('/settings/activity')
  expect(html).toContain('You secured this account: all access ended, and the password was disabled.')
  expect(html).toContain('A session ended because the account was secured.')
})

test('the open event stream of an attacker closes', async () => {
  const site = await annAndEveWithMail()
  const attacker = await site.as(ann)
  const stream = await listen(site, attacker)
  expect((await stream.next()).event).toBe('connected')
  await (await annsLink(site)).post('/secure-account')
  expect(await stream.next()).toEqual(ended('secured'))
  expect((await stream.next()).event).toBe('closed')
  expect((await listen(site, attacker)).status).toBe(401)
})

test('an attacker with an ended session and the right password gets no new one', async () => {
  const site = await annAndEveWithMail()
  const attacker = await site.as(ann)
  site.advance(minutes(5))
  expect((await attacker.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  await (await annsLink(site)).post('/secure-account')
  const refused = await attacker.post('/relogin', { password: ann.password })
  expect([refused.status, refused.set.filter((line) => line.startsWith('session='))]).toEqual([422, []])
})

test('no session starts and no API token is created while the account is secured, not even by force', async () => {
  const site = await annAndEveWithMail()
  await (await annsLink(site)).post('/secure-account')
  const { deps, users } = site
  await inTransaction(
    deps,
    async (deps) => {
      for (const isForced of [false, true]) {
        const start = { origin: 'password', amr: ['password'], isFresh: true, isForced } as const
        expect(await startSession(deps, users.ann, client, start)).toBeUndefined()
      }
      const token = { name: 'x', scopes: [], lifetime: days(1) }
      expect(await createApiToken(deps, users.ann, token)).toEqual({ kind: 'user-changed' })
    },
    { locks: userLocks(users.ann) },
  )
  await deactivateUser(deps, users.ann, 'command line')
  const start = { origin: 'password', amr: ['password'], isFresh: true, isForced: true } as const
  expect(
    await inTransaction(deps, (deps) => startSession(deps, users.ann, client, start), { locks: userLocks(users.ann) }),
  ).toBeUndefined()
})

test('another user who is logged in here stays logged in', async () => {
  const site = await annAndEveWithMail()
  const eves = await annsLink(site, await site.as(eve))
  expect((await eves.post('/secure-account')).to).toBe('/reset-password')
  expect((await eves.post('/reset-password', { new_password: NEW_PASSWORD })).to).toBe('/profile')
  expect((await eves.get('/profile')).html).toContain('Eve')
})

test('securing a deactivated account ends all access and reactivates nothing', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  await deactivateUser(site.deps, site.users.ann, 'command line')
  const page = await visitor.get('/secure-account')
  expect(page.html).toContain('This account is deactivated. Securing it ends all access but does not reactivate it.')
  expect(page.html).not.toContain(TEXT)
  const done = await visitor.post('/secure-account')
  expect([done.status, visitor.jar.has('one-time')]).toEqual([200, false])
  expect(done.html).toContain('All access has ended. The account stays deactivated.')
  const { deactivated_at, secured_at } = await rowOf(site)
  expect([deactivated_at, secured_at]).toEqual([site.deps.now(), site.deps.now()])
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toEqual(['An administrator changed your account'])
})

test('with MAIL_URL=off the address does not exist', async () => {
  const site = await annAndEve()
  expect((await site.browser().get('/secure-account')).status).toBe(404)
  expect((await site.browser().post('/secure-account')).status).toBe(404)
})

test('securing cancels a deletion that was requested at or after the event, and no earlier one', async () => {
  for (const [before, expected] of [
    [0, null],
    [minutes(1), null],
    [-minutes(1), 'kept'],
  ] as const) {
    const site = await annAndEveWithMail()
    const at = site.deps.now() - before
    await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
    const token = await tokenFor(site, { kind: 'new-device', at })
    const visitor = site.browser()
    await openLink(visitor, PURPOSE, token)
    await visitor.post('/secure-account')
    expect((await rowOf(site)).deletion_at === null ? null : 'kept').toBe(expected)
  }
})

test('the link of a mail about a deletion cancels it, although the mail was written a little later', async () => {
  const site = await annAndEveWithMail()
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  const token = await tokenFor(site, { kind: 'deletion-reminder', at: site.deps.now() + days(11) })
  const visitor = site.browser()
  await openLink(visitor, PURPOSE, token)
  expect((await visitor.post('/secure-account')).to).toBe('/reset-password')
  expect(await rowOf(site)).toMatchObject({ deletion_at: null, deletion_requested_at: null })
})

test('the page of a link to the old mailbox does not show the current address', async () => {
  const site = await annAndEveWithMail()
  const visitor = await annsLink(site)
  await moveTo(site, site.users.ann, 'hidden@example.test')
  const { html } = await visitor.get('/secure-account')
  expect(html).toContain('We’ll also restore <strong><bdi>ann@example.test</bdi></strong>.')
  expect(html).not.toContain('hidden@')
})
