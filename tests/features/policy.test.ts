import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { days, minutes } from '@/lib/duration'
import { markVerified } from '@/model/accounts/verify-email'
import { changeRole, scopes, type Role } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import { createAuthenticator, passkeyOptions, type CreationOptions } from '../support/authenticator'
import { codeIn, newestMail } from '../support/mailed'
import { ann, annAndEve } from '../support/people'
import { addPasskey, annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { addApp, turnOnTwoStep } from '../support/second-factors'
import { makeToken } from '../support/tokens'

const SET_UP = '/settings/security'
const FLASH = 'This site requires two-step verification. Set it up to continue.'
const LONG = { SESSION_IDLE_SECONDS: '3600' }

/** Ann, in a role and under a policy, has logged in with her password. */
async function annUnder(MFA: string, role: Role = 'user') {
  const site = await annAndEve({ ...LONG, MFA })
  const notes = new Elysia().use(site.guards.loginRequired)
  site.app.use(notes.get('/session-notes', ({ reply }) => reply.text('in'))) // starts like an open page
  await changeRole(site.deps, site.users.ann, role, 'command line')
  const anns = site.browser()
  expect((await anns.post('/login', ann)).to).toBe('/profile')
  return { ...site, anns }
}

test.each([
  ['optional', 'user', false],
  ['optional', 'admin', false],
  ['required-for-admins', 'user', false],
  ['required-for-admins', 'support', true],
  ['required-for-admins', 'admin', true],
  ['required', 'user', true],
  ['required', 'admin', true],
] as const)('under MFA=%s, whether a %s without a factor must set one up: %p', async (policy, role, isAsked) => {
  const { anns } = await annUnder(policy, role)
  const page = await anns.get('/dashboard?a=b')
  expect([page.status, page.to]).toEqual(isAsked ? [303, `${SET_UP}?next=%2Fdashboard%3Fa%3Db`] : [200, null])
  expect((await anns.get('/probe')).html.includes(FLASH)).toBe(isAsked)
})

test.each([
  ['required', 'user'],
  ['required', 'admin'],
  ['required-for-admins', 'support'],
] as const)(
  'until the set-up a user reaches its pages, the sessions, the logout and public pages: MFA=%s, role %s',
  async (MFA, role) => {
    const { anns } = await annUnder(MFA, role)
    for (const path of [SET_UP, '/settings/sessions', '/session', '/', '/healthz', '/probe'])
      expect([path, (await anns.get(path)).status]).toEqual([path, 200])
    for (const path of [
      '/profile',
      '/dashboard',
      '/settings',
      '/settings/password',
      '/settings/tokens',
      '/resume',
      '/session-notes',
    ])
      expect([path, (await anns.get(path)).to?.split('?')[0]]).toEqual([path, SET_UP])
    expect((await anns.post('/settings/password', { password: ann.password })).to).toBe(SET_UP)
    expect((await anns.post('/logout')).to).toBe('/')
  },
)

test('htmx and the API are told that the set-up is missing', async () => {
  const { anns } = await annUnder('required')
  expect(await anns.getHtmx('/dashboard')).toMatchObject({ status: 401, to: `${SET_UP}?next=%2Fdashboard`, html: '' })
  expect((await anns.get('/probe')).html).toContain(FLASH)
  const answer = await anns.get('/api/me')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/problem+json; charset=utf-8'])
  expect(JSON.parse(answer.html)).toMatchObject({ title: 'Set up two-step verification first', status: 403 })
})

test('two-step verification satisfies the policy at the next request', async () => {
  const { anns, deps, users, ...site } = await annUnder('required')
  const app = await addApp({ deps }, users.ann)
  expect((await anns.get('/dashboard')).status).toBe(303)
  await turnOnTwoStep({ deps }, users.ann)
  const other = site.browser()
  expect((await other.post('/login', ann)).to).toBe('/login/second-step')
  expect((await other.post('/login/second-step', { code: app.code() })).to).toBe('/profile')
  expect((await other.get('/dashboard')).status).toBe(200)
})

test('a password and a passkey do not satisfy the policy, and passkeys without a password do', async () => {
  const { anns, deps, users } = await annUnder('required')
  const passkey = await addPasskey({ deps }, users.ann)
  expect((await anns.get('/dashboard')).to).toBe(`${SET_UP}?next=%2Fdashboard`)
  await deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', users.ann.id).execute()
  expect((await logInWithPasskey(anns, passkey)).status).toBe(303)
  expect((await anns.get('/dashboard')).status).toBe(200)
  await deps.db.updateTable('passkeys').set({ flagged_at: 1 }).execute()
  expect((await anns.get('/dashboard')).status).toBe(303)
})

test('passkeys alone do not satisfy the policy where a mailed code logs in', async () => {
  const site = await annWithPasskey({ MFA: 'required', MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const { deps, users } = site
  await markVerified(deps, users.ann, users.ann.id)
  await deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', users.ann.id).execute()
  const anns = site.browser()
  await anns.post('/login/code/send', { email: ann.email })
  expect((await anns.post('/login/code', { code: codeIn(await newestMail(site)) })).status).toBe(303)
  expect((await anns.get('/dashboard')).to).toBe(`${SET_UP}?next=%2Fdashboard`)
})

test('the page that was asked for is reached after a set-up with a passkey', async () => {
  const { anns, deps } = await annUnder('required')
  const { to } = await anns.get('/dashboard?a=b')
  const next = '?next=%2Fdashboard%3Fa%3Db'
  expect((await anns.get(`${to}`)).html).toContain(`href="${SET_UP}/passkeys/new${next}"`)
  const { html } = await anns.get(`${SET_UP}/passkeys/new${next}`)
  expect(html).toContain(`href="${SET_UP}${next}"`)
  expect(html).toContain(`action="${SET_UP}/passkeys${next}"`)
  const options = passkeyOptions<CreationOptions>(html)
  const attestation = createAuthenticator({ origin: deps.config.appUrl }).create(options)
  const fields = { attestation, user_handle: options.user.id }
  expect((await anns.post(`${SET_UP}/passkeys${next}`, fields)).to).toBe(`${SET_UP}${next}`)
  const codes = `${SET_UP}/recovery-codes`
  expect((await anns.post(`${SET_UP}/two-step/on${next}`)).to).toBe(`${codes}${next}`)
  await anns.post(`${codes}${next}`)
  expect((await anns.post(`${codes}/saved${next}`, { saved: 'yes' })).to).toBe('/dashboard?a=b')
  expect((await anns.get('/dashboard?a=b')).status).toBe(200)
})

test('a user who becomes an admin is redirected at the next request', async () => {
  const { anns, deps, users } = await annUnder('required-for-admins')
  expect((await anns.get('/dashboard')).status).toBe(200)
  expect((await anns.get('/api/me')).status).toBe(200)
  await changeRole(deps, users.ann, 'admin', 'command line')
  expect((await anns.get('/dashboard')).to).toBe(`${SET_UP}?next=%2Fdashboard`)
  const { status, html } = await anns.get('/api/me')
  expect([status, JSON.parse(html).title]).toEqual([403, 'Set up two-step verification first'])
  await changeRole(deps, users.eve, 'admin', 'command line')
  await changeRole(deps, users.ann, 'user', 'command line')
  expect((await anns.get('/dashboard')).status).toBe(200)
})

test('the set-up asks for the password again after five minutes, and never redirects in a circle', async () => {
  const { anns, advance } = await annUnder('required')
  advance(minutes(6))
  expect((await anns.get(`${SET_UP}/app/new`)).to).toBe('/relogin?next=%2Fsettings%2Fsecurity%2Fapp%2Fnew')
  expect((await anns.get('/relogin')).status).toBe(200)
  const next = `${SET_UP}/app/new`
  expect((await anns.post('/relogin', { password: ann.password, next })).to).toBe(next)
  expect((await anns.get(next)).status).toBe(200)
})

test('no form field clears the requirement', async () => {
  const { anns, deps, users } = await annUnder('required')
  const fields = { amr: 'passkey', two_step_enabled_at: '1', mfa: 'optional', factors_version: '9' }
  for (const path of ['/profile', '/settings/security/two-step/on', '/session', '/relogin'])
    await anns.post(path, fields)
  expect((await anns.get('/dashboard')).to).toBe(`${SET_UP}?next=%2Fdashboard`)
  const row = deps.db.selectFrom('users').select('two_step_enabled_at').where('id', '=', users.ann.id)
  expect(await row.executeTakeFirst()).toEqual({ two_step_enabled_at: null })
})

test('a form that was sent before the set-up is kept for the next login', async () => {
  const { anns, deps } = await annUnder('required')
  expect((await anns.post('/profile', { name: 'Ann Lee' })).to).toBe(SET_UP)
  const saved = deps.db.selectFrom('saved_requests').select('id')
  expect(await saved.execute()).toHaveLength(1)
})

test.each([
  ['optional', 'admin', 200],
  ['required-for-admins', 'user', 200],
  ['required-for-admins', 'admin', 409],
  ['required', 'user', 409],
] as const)(
  'under MFA=%s, a %s who turns two-step verification off or removes the last factor gets %i',
  async (MFA, role, status) => {
    for (const [path, add, method] of [
      ['app', addApp, 'totp'],
      ['passkeys', addPasskey, 'security-key'],
    ] as const) {
      const site = await annAndEve({ ...LONG, MFA })
      await changeRole(site.deps, site.users.ann, role, 'command line')
      const { id } = await add(site, site.users.ann)
      await turnOnTwoStep(site, site.users.ann)
      const isOn = async () => (await findUser(site.deps, site.users.ann.id))?.two_step_enabled_at !== null
      const anns = await site.as(ann, { amr: ['password', method] })
      expect([path, (await anns.post(`${SET_UP}/two-step/off`)).status]).toEqual([path, status])
      expect([path, (await anns.post(`${SET_UP}/${path}/${id}/remove`)).status]).toEqual([path, status])
      expect(await isOn()).toBe(true) // 200 is the page that asks first
      const confirmed = await anns.post(`${SET_UP}/${path}/${id}/remove`, { confirmed: 'yes' })
      expect([path, confirmed.status, await isOn()]).toEqual([path, status === 200 ? 303 : 409, status !== 200])
    }
  },
)

test.each([
  ['optional', 200, null],
  ['required-for-admins', 303, `${SET_UP}?next=%2Fadmin%2Fusers`],
  ['required', 303, `${SET_UP}?next=%2Fadmin%2Fusers`],
] as const)('under MFA=%s, the pages of admins answer an admin without a factor with %i', async (MFA, status, to) => {
  const { anns, users } = await annUnder(MFA, 'admin')
  expect(await anns.get('/admin/users')).toMatchObject({ status, to })
  const changed = await anns.post(`/admin/users/${users.eve.id}/deactivate`)
  expect(changed.to).toBe(MFA === 'optional' ? `/admin/users/${users.eve.id}` : SET_UP)
})

test('under a policy a new API token needs the second factor of this session', async () => {
  const site = await annAndEve({ ...LONG, MFA: 'required' })
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const fields = { name: 'robot', scopes: 'profile:read', expires_days: '7' }
  for (const amr of [['password'], ['password', 'trusted-browser']] as const)
    expect((await (await site.as(ann, { amr })).post('/settings/tokens', fields)).to).toBe('/relogin')
  const anns = await site.as(ann, { amr: ['password', 'totp'] })
  expect((await anns.post('/settings/tokens', fields)).status).toBe(200)
})

test.each(['optional', 'required-for-admins', 'required'])('API tokens keep working under MFA=%s', async (MFA) => {
  const { deps, users, browser } = await annUnder(MFA, 'admin')
  const { text } = await makeToken(deps, users.ann, { name: 'robot', scopes, lifetime: days(1) })
  const answer = await browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } })
  expect(answer.status).toBe(200)
})
