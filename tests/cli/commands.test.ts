import { expect, spyOn, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { createApiToken, listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { findUserByEmail } from '@/model/users/user-list'
import { changeEmailOf } from '@/model/accounts/change-email'
import { changePassword } from '@/model/accounts/change-password'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { days } from '@/lib/duration'
import { user } from '../support/command-line'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../support/people'
import { openSite, type Site } from '../support/site'

const abe = ['create', 'Abe@example.test', '--name', 'Abe Lee']
const loginOf = async (site: Site, email: string, password: string) =>
  (await site.browser().post('/login', { email, password })).to
const generatedIn = (text: string) => /\(shown once\): (\S+)$/.exec(text)?.[1] ?? 'none'

test.each(['five boxing wizards', 'five boxing wizards\n', 'five boxing wizards\r\n'])(
  'create reads the password from stdin without its line break: %j',
  async (input) => {
    const site = await openSite()
    expect(await user(site, abe, input)).toEqual({
      code: 0,
      text: 'Abe@example.test is a new user with the role user.',
    })
    expect(await loginOf(site, 'abe@example.test', 'five boxing wizards')).toBe('/profile')
  },
)

test('spaces around a password belong to it, and a second line break is rejected', async () => {
  const site = await openSite()
  await user(site, abe, ' five boxing wizards \n')
  expect(await loginOf(site, 'abe@example.test', ' five boxing wizards ')).toBe('/profile')
  for (const input of ['five boxing wizards\n\n', 'five boxing\nwizards\n', 'five boxing wizards\r', 'five \uFFFD\n'])
    expect(await user(site, ['create', 'bob@example.test', '--name', 'Bob'], input)).toEqual({
      code: 1,
      text: 'Send the password as one line of UTF-8 text.',
    })
})

test('an empty input generates a password and shows it once', async () => {
  const site = await openSite()
  const { code, text } = await user(site, abe, '')
  expect(code).toBe(0)
  expect(text.split('\n')).toEqual([
    'Abe@example.test is a new user with the role user.',
    expect.stringMatching(/^Password \(shown once\): (?:\w{5}-){3}\w{5}$/),
  ])
  expect(await loginOf(site, 'abe@example.test', generatedIn(text))).toBe('/profile')
  expect(JSON.stringify(site.events)).not.toContain(generatedIn(text))
})

test('create sets the name and the role', async () => {
  const site = await openSite()
  const { text } = await user(site, [...abe, '--role=support'], '')
  expect(text).toStartWith('Abe@example.test is a new user with the role support.')
  expect(await findUserByEmail(site.deps, 'abe@example.test')).toMatchObject({ name: 'Abe Lee', role: 'support' })
  expect(site.events).toEqual([{ kind: 'signed-up', userId: expect.any(String), role: 'support', by: 'command line' }])
})

test.each([
  [['create', 'abe', '--name', 'Abe'], undefined, 'Enter an email address like ann@example.com.'],
  [['create', '', '--name', 'Abe'], undefined, 'Enter your email address.'],
  [['create', 'abe@example.test', '--name='], undefined, 'Enter a name.'],
  [['create', 'abe@example.test', '--name', 'A\u0007'], undefined, 'Use visible characters only.'],
  [abe, 'elevensigns', 'Use at least 12 characters. This has 11.'],
  [abe, '\n', 'Enter a password.'],
  [abe, 'password1234', expect.stringContaining('Add a few unrelated words.')],
  [abe, 'abe@example.test', expect.stringContaining('Too similar to your email address')],
  [['create', 'ANN@example.test', '--name', 'Ann'], '', 'A user with the email "ANN@example.test" already exists.'],
  [['role', 'abe@example.test', 'admin'], undefined, 'No user with the email "abe@example.test".'],
  [['deactivate', 'no address'], undefined, 'No user with the email "no address".'],
  [['activate', ''], undefined, 'No user with the email "".'],
  [['unlock', 'abe@example.test'], undefined, 'No user with the email "abe@example.test".'],
  [['reset-password', 'a\u001B[31m\nb'], undefined, String.raw`No user with the email "a\u001b[31m\nb".`],
  [['reset-password', ann.email], 'Ann@example.test', expect.stringContaining('Too similar to your email address')],
])('an invalid value exits with 1, prints one sentence and changes nothing: %j', async (args, input, text) => {
  const site = await annAndEve()
  const before = await site.deps.db.selectFrom('users').selectAll().execute()
  expect(await user(site, args, input)).toEqual({ code: 1, text })
  expect(await site.deps.db.selectFrom('users').selectAll().execute()).toEqual(before)
})

test('a changed role applies at once and emits an event of the command line', async () => {
  const site = await annAndEve()
  expect(await user(site, ['role', 'ANN@example.test', 'admin'])).toEqual({
    code: 0,
    text: 'ann@example.test has the role admin.',
  })
  const { id: userId } = site.users.ann
  expect(site.events.at(-1)).toEqual({ kind: 'role-changed', userId, from: 'user', to: 'admin', by: 'command line' })
  expect(await findUserByEmail(site.deps, ann.email)).toMatchObject({ role: 'admin' })
  expect(await user(site, ['role', ann.email, 'admin'])).toMatchObject({ code: 0 })
})

test('the last active admin cannot be demoted or deactivated', async () => {
  const site = await annAndEve()
  await changeRole(site.deps, site.users.ann, 'admin', 'a test')
  const message = 'ann@example.test is the last active admin. Give another user the admin role first.'
  for (const args of [
    ['role', ann.email, 'user'],
    ['deactivate', ann.email],
  ])
    expect(await user(site, args)).toEqual({ code: 1, text: message })
  expect(await findUserByEmail(site.deps, ann.email)).toMatchObject({ role: 'admin', deactivated_at: null })
  await user(site, ['role', eve.email, 'admin'])
  expect(await user(site, ['deactivate', ann.email])).toMatchObject({ code: 0 })
  expect(await user(site, ['role', eve.email, 'support'])).toMatchObject({ code: 1 })
})

test('a deactivated user loses the session at once and can log in again after activation', async () => {
  const site = await annLoggedIn()
  const { id: userId } = site.users.ann
  expect(await user(site, ['deactivate', ann.email])).toEqual({
    code: 0,
    text: 'ann@example.test is deactivated, and their sessions have ended.',
  })
  expect(site.events.at(-1)).toEqual({ kind: 'user-deactivated', userId, by: 'command line' })
  expect((await site.annsBrowser.get('/profile')).status).toBe(303)
  expect(await loginOf(site, ann.email, ann.password)).toBeNull()
  expect(await user(site, ['activate', ann.email])).toEqual({ code: 0, text: 'ann@example.test is active.' })
  expect(site.events.at(-1)).toEqual({ kind: 'user-activated', userId, by: 'command line' })
  expect((await site.annsBrowser.get('/profile')).status).toBe(303)
  expect(await loginOf(site, ann.email, ann.password)).toBe('/profile')
})

test('unlock ends a lockout and a backoff, and keeps the password, the sessions and the known devices', async () => {
  const site = await annLoggedIn()
  const { deps, users, annsBrowser, browser } = site
  deps.config.limits.account.max = 5
  const devices = await deps.db.selectFrom('known_devices').selectAll().execute()
  const wrong = { ...ann, password: 'wrong' }
  const device = annsBrowser.copy()
  device.jar.delete('session')
  for (let i = 0; i < 6; i++) for (const one of [browser(), device]) await one.post('/login', wrong)
  const statuses = async () => [
    (await browser().post('/login', ann)).status,
    (await device.post('/login', wrong)).status,
  ]
  expect(await statuses()).toEqual([429, 429])
  expect(await user(site, ['unlock', 'ANN@example.test'])).toEqual({ code: 0, text: 'ann@example.test is unlocked.' })
  expect(site.events.at(-1)).toEqual({ kind: 'account-unlocked', userId: users.ann.id, by: 'command line' })
  expect(await deps.db.selectFrom('login_failures').selectAll().execute()).toEqual([])
  expect(await deps.db.selectFrom('known_devices').selectAll().execute()).toEqual(devices)
  expect((await annsBrowser.get('/settings/activity')).html).toContain('An administrator unlocked your account.')
  expect(await statuses()).toEqual([303, 422])
})

test('unlock of an account without failed logins succeeds, emits no event and changes no other account', async () => {
  const site = await annAndEve()
  await site.browser().post('/login', { ...eve, password: 'wrong' })
  const { length } = site.events
  expect(await user(site, ['unlock', ann.email])).toEqual({ code: 0, text: 'ann@example.test is unlocked.' })
  expect(site.events).toHaveLength(length)
  expect(await site.deps.db.selectFrom('login_failures').select('count').execute()).toEqual([{ count: 1 }])
})

/** A site behind a proxy whose sources and networks may fail twice a day. */
async function limitedSite() {
  const site = await annAndEve({ TRUST_PROXY: '1', NODE_ENV: 'production' })
  site.deps.config.limits.login.source = [{ max: 2, window: days(1) }]
  site.deps.config.limits.login.network = [{ max: 2, window: days(1) }]
  let typed = 0
  const failFrom = async (address: string) => {
    const person = { email: `n${++typed}@example.test`, password: 'wrong' }
    return (await site.browser().post('/login', person, { 'x-forwarded-for': address })).status
  }
  return { ...site, failFrom }
}

test.each([
  ['192.0.2.7', '192.0.2.7', '192.0.2.7 is unlocked.'],
  ['192.0.2.7', '::ffff:192.0.2.7', '192.0.2.7 is unlocked.'],
  ['127.0.0.1', '127.0.0.1', '127.0.0.1 is unlocked.'],
  ['2001:db8:1:2::7', '2001:DB8:1:2::99', '2001:db8:1:2::/64 and its network 2001:db8:1::/48 are unlocked.'],
])('unlock lifts the limits of %s by --source %s, and those of no other source', async (client, address, text) => {
  const site = await limitedSite()
  const others = ['192.0.2.8', '2001:db8:2:2::7']
  for (const one of [client, ...others]) for (let i = 0; i < 2; i++) await site.failFrom(one)
  expect(await site.failFrom(client)).toBe(429)
  expect(await user(site, ['unlock', '--source', address])).toEqual({ code: 0, text })
  expect(await site.failFrom(client)).toBe(422)
  for (const one of others) expect(await site.failFrom(one)).toBe(429)
})

test('unlock by --source lifts the limit of the network around an IPv6 address', async () => {
  const { failFrom, ...site } = await limitedSite()
  for (const address of ['2001:db8:1:1::1', '2001:db8:1:2::1']) expect(await failFrom(address)).toBe(422)
  expect(await failFrom('2001:db8:1:3::1')).toBe(429)
  await user(site, ['unlock', '--source', '2001:db8:1:3::1'])
  expect(await failFrom('2001:db8:1:3::1')).toBe(422)
})

test('unlock by --source keeps the lockout of an account', async () => {
  const { failFrom: _, ...site } = await limitedSite()
  site.deps.config.limits.account.max = 1
  const logIn = async (password: string) => (await site.browser().post('/login', { ...ann, password })).status
  await logIn('wrong')
  await user(site, ['unlock', '--source', '127.0.0.1'])
  expect(await logIn(ann.password)).toBe(429)
})

test('a password reset replaces the password and ends sessions, remember series and API tokens', async () => {
  const site = await annLoggedIn()
  await createApiToken(site.deps, site.users.ann, { name: 'ci', scopes: ['profile:read'], lifetime: days(1) })
  const { code, text } = await user(site, ['reset-password', ann.email], '')
  expect([code, text.split('\n')[0]]).toEqual([
    0,
    'ann@example.test has a new password, and their sessions have ended.',
  ])
  expect(site.events.at(-1)).toEqual({
    kind: 'password-changed',
    userId: site.users.ann.id,
    by: 'command line',
    how: 'command',
  })
  expect((await site.annsBrowser.get('/profile')).status).toBe(303)
  expect(await listApiTokensOf(site.deps, site.users.ann)).toEqual([])
  expect(await loginOf(site, ann.email, ann.password)).toBeNull()
  expect(await loginOf(site, ann.email, generatedIn(text))).toBe('/profile')

  const remembered = await annRemembered()
  expect(await user(remembered, ['reset-password', ann.email], 'five boxing wizards\n')).toMatchObject({ code: 0 })
  expect((await remembered.annsBrowser.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect(await loginOf(remembered, ann.email, 'five boxing wizards')).toBe('/profile')
})

test('send-reset queues a mail and prints no link', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  expect(await user(site, ['send-reset', ann.email])).toEqual({
    code: 0,
    text: 'The server sends a password reset email to ann@example.test.',
  })
  const by = 'command line'
  expect(site.events).toContainEqual({ kind: 'password-reset-requested', userId: site.users.ann.id, by })
  await site.deliverMail()
  expect(site.mailbox.mails).toMatchObject([{ to: ann.email, subject: 'Reset your password' }])
  expect(await user(site, ['send-reset', 'zoe@example.test'])).toMatchObject({ code: 1 })
})

test.each(['mailbox:', 'off'])('verify-email marks the address as confirmed, with MAIL_URL=%s', async (MAIL_URL) => {
  const site = await annAndEve({ MAIL_URL })
  for (let i = 0; i < 2; i++)
    expect(await user(site, ['verify-email', ann.email])).toEqual({
      code: 0,
      text: 'The address ann@example.test is confirmed.',
    })
  expect(await findUserByEmail(site.deps, ann.email)).toMatchObject({ email_verified_at: site.deps.now() })
  expect(await findUserByEmail(site.deps, eve.email)).toMatchObject({ email_verified_at: null })
  expect(site.events.filter(({ kind }) => kind === 'email-verified')).toEqual([
    { kind: 'email-verified', userId: site.users.ann.id, by: 'command line' },
  ])
  expect(await user(site, ['verify-email', 'zoe@example.test'])).toMatchObject({ code: 1 })
})

test('send-reset fails while mail is off', async () => {
  const site = await annAndEve()
  expect(await user(site, ['send-reset', ann.email])).toEqual({ code: 1, text: 'Email is off. Set MAIL_URL.' })
})

test('a password reset overrides a concurrent password change', async () => {
  const site = await annAndEve()
  const { hash } = Bun.password
  const spy = spyOn(Bun.password, 'hash').mockImplementationOnce(async (...parameters) => {
    await inTransaction(site.deps, (deps) => changePassword(deps, site.users.ann, 'new hash', site.users.ann.id), {
      locks: userLocks(site.users.ann),
    })
    return hash(...parameters)
  })
  await user(site, ['reset-password', ann.email], 'five boxing wizards')
  spy.mockRestore()
  expect(await findUserByEmail(site.deps, ann.email)).toMatchObject({ password_version: 3 })
  expect(await loginOf(site, ann.email, 'five boxing wizards')).toBe('/profile')
})

test.each(['changes', 'disappears'])('reset-password changes nothing if the address %s meanwhile', async (change) => {
  const { deps, users } = await annAndEve()
  const before = await findUserByEmail(deps, ann.email)
  const { hash } = Bun.password
  const spy = spyOn(Bun.password, 'hash').mockImplementationOnce(async (...parameters) => {
    if (change === 'changes') await changeEmailOf(deps, users.ann, 'new@example.test', 'a test')
    else await deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute()
    return hash(...parameters)
  })
  expect(await user({ deps }, ['reset-password', ann.email], 'five boxing wizards')).toEqual({
    code: 1,
    text: 'No user has the email "ann@example.test" any more.',
  })
  spy.mockRestore()
  const after = await findUserByEmail(deps, 'new@example.test')
  expect(after?.password_version).toBe(change === 'changes' ? before?.password_version : undefined)
})

test('end-all-sessions ends sessions and remember series of all users, and their API tokens only if asked', async () => {
  const site = await annRemembered()
  const { deps, users, browser, events } = site
  const eves = browser()
  await eves.post('/login', eve)
  await site.annsBrowser.get('/profile')
  await createApiToken(deps, users.ann, { name: 'ci', scopes: ['profile:read'], lifetime: days(1) })
  const loggedOut = browser()
  await user(site, [...abe, '--role', 'user'], 'five boxing wizards')
  expect(await user(site, ['end-all-sessions'])).toEqual({
    code: 0,
    text: 'All sessions and remembered devices have ended, of 2 users.\nAPI tokens still work. --api-tokens revokes them, too.',
  })
  for (const one of [eves, site.annsBrowser, loggedOut]) expect((await one.get('/profile')).status).toBe(303)
  site.annsBrowser.close()
  expect((await site.annsBrowser.get('/profile')).to).toBe('/login?next=%2Fprofile')
  const revoked = events.filter(({ kind }) => kind === 'sessions-revoked')
  expect(revoked).toEqual(
    [users.ann.id, users.eve.id].toSorted().map((userId) => ({ kind: 'sessions-revoked', userId, by: 'command line' })),
  )
  await eves.post('/login', eve)
  expect((await eves.get('/settings/activity')).html).toContain('An administrator ended all your sessions.')
  expect(await listApiTokensOf(deps, users.ann)).toHaveLength(1)
  expect(await user(site, ['end-all-sessions', '--api-tokens'])).toEqual({
    code: 0,
    text: 'All sessions, remembered devices and API tokens have ended, of 2 users.',
  })
  expect(await listApiTokensOf(deps, users.ann)).toEqual([])
  expect((await user(site, ['end-all-sessions', '--api-tokens'])).text).toEndWith('of 0 users.')
  expect(await loginOf(site, ann.email, ann.password)).toBe('/profile')
})

test('end-all-sessions reaches every user of many', async () => {
  const site = await annAndEve()
  for (let i = 0; i < 250; i++) {
    const one = await createUser(site.deps, { ...ann, email: `p${i}@example.test` })
    if (one) await createApiToken(site.deps, one, { name: 'ci', scopes: [], lifetime: days(1) })
  }
  expect((await user(site, ['end-all-sessions', '--api-tokens'])).text).toEndWith('of 250 users.')
})
