import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { addPasskey, annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { addCodes } from '../support/second-factors'
import type { Site } from '../support/site'

const REMOVE = '/settings/security/password/remove'
const LOGIN_FAILED = 'Please check your login details and try again.'

/** Ann has confirmed her address and has logged in with her passkey. */
async function annReady(env?: Record<string, string>) {
  const site = await annWithPasskey(env)
  await setUser(site, { email_verified_at: site.deps.now() })
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey)
  return { ...site, anns }
}

const setUser = ({ deps, users }: Pick<Site, 'deps'> & { users: { ann: { id: string } } }, values: object) =>
  deps.db.updateTable('users').set(values).where('id', '=', users.ann.id).execute()

const hashOf = async ({ deps }: Pick<Site, 'deps'>) =>
  (await deps.db.selectFrom('users').select('password_hash').where('email', '=', ann.email).executeTakeFirstOrThrow())
    .password_hash

test('a user who has logged in with a passkey removes the password, and only the passkey logs in', async () => {
  const site = await annReady()
  const { html } = await site.anns.get(REMOVE)
  expect(html).toContain('Remove your password?')
  expect(html).toContain('You’ll only be able to log in with a passkey, which requires JavaScript.')
  expect(html).toContain('Keep it')
  const answer = await site.anns.post(REMOVE)
  expect([answer.status, answer.to]).toEqual([303, '/settings/security'])
  expect(await hashOf(site)).toBeNull()
  for (const password of [ann.password, '', 'anything at all']) {
    const tried = await site.browser().post('/login', { email: ann.email, password })
    expect([password, tried.status, tried.html]).toEqual([password, 422, expect.stringContaining(LOGIN_FAILED)])
  }
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
  expect((await site.anns.get('/settings')).html).toContain('You log in with a passkey')
  expect((await site.anns.get('/settings/security')).html).toContain('You have no password. You log in with a passkey.')
})

test('removing the password ends all other sessions and gives this one a new token', async () => {
  const site = await annReady()
  const other = await site.as(site.users.ann)
  const before = site.anns.jar.get('session')
  await site.anns.post(REMOVE)
  expect((await other.get('/dashboard')).to).toStartWith('/relogin')
  expect((await site.anns.get('/dashboard')).status).toBe(200)
  expect(site.anns.jar.get('session')).not.toBe(before)
})

test('a remembered browser stays remembered after it removed the password', async () => {
  const site = await annWithPasskey()
  await setUser(site, { email_verified_at: site.deps.now() })
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey, { remember: 'yes' })
  expect((await anns.post(REMOVE)).status).toBe(303)
  anns.close()
  expect((await anns.get('/dashboard')).status).toBe(200)
})

test('the password stays while no passkey has logged in', async () => {
  const site = await annWithPasskey()
  await setUser(site, { email_verified_at: site.deps.now() })
  const anns = await site.as(site.users.ann)
  for (const answer of [await anns.get(REMOVE), await anns.post(REMOVE)])
    expect([answer.status, answer.html]).toEqual([409, expect.stringContaining('Log in with a passkey first.')])
  expect(await hashOf(site)).not.toBeNull()
})

test('the password stays without a confirmed address or ten unused recovery codes', async () => {
  const site = await annReady()
  await setUser(site, { email_verified_at: null })
  expect((await site.anns.post(REMOVE)).status).toBe(409)
  await addCodes(site, site.users.ann)
  await site.deps.db.updateTable('recovery_codes').set({ used_at: 1 }).where('id', 'in', oneCode(site)).execute()
  expect((await site.anns.post(REMOVE)).status).toBe(409)
  await addCodes(site, site.users.ann)
  expect((await site.anns.post(REMOVE)).status).toBe(303)
})

const oneCode = ({ deps }: Pick<Site, 'deps'>) => deps.db.selectFrom('recovery_codes').select('id').limit(1)

test('the password stays if the passkey that logged in is blocked, or belongs to another domain', async () => {
  for (const values of [{ flagged_at: 1 }, { rp_id: 'old.example' }]) {
    const site = await annReady()
    await addPasskey(site, site.users.ann)
    await site.deps.db.updateTable('passkeys').set(values).where('id', '=', site.passkey.id).execute()
    expect((await site.anns.post(REMOVE)).status).toBe(409)
  }
})

test('the password stays during a recovery hold', async () => {
  const site = await annReady({ RECOVERY_HOLD_SECONDS: '600' })
  await setUser(site, { recovered_at: site.deps.now() })
  for (const answer of [await site.anns.get(REMOVE), await site.anns.post(REMOVE)])
    expect([answer.status, answer.html]).toEqual([409, expect.stringContaining('Not possible yet')])
  site.advance(seconds(600))
  await logInWithPasskey(site.anns, site.passkey)
  expect((await site.anns.post(REMOVE)).status).toBe(303)
})

test('an account without a password sets one without typing a present one', async () => {
  const site = await annReady()
  await site.anns.post(REMOVE)
  const { html } = await site.anns.get('/settings/password')
  expect(html).toContain('<h1>Set a password')
  expect(html).not.toContain('name="password"')
  const weak = await site.anns.post('/settings/password', { new_password: 'short' })
  expect([weak.status, weak.html]).toEqual([422, expect.stringContaining('Use at least 12 characters.')])
  expect((await site.anns.post('/settings/password', { new_password: 'five boxing wizards' })).status).toBe(303)
  expect((await site.browser().post('/login', { email: ann.email, password: 'five boxing wizards' })).status).toBe(303)
})

test('two forms that set the first password set one', async () => {
  const site = await annReady()
  await site.anns.post(REMOVE)
  const twin = site.anns.copy()
  await Promise.all(
    ['five boxing wizards', 'violet marmalade kettle'].map((new_password, i) =>
      (i === 0 ? site.anns : twin).post('/settings/password', { new_password }),
    ),
  )
  const logins = ['five boxing wizards', 'violet marmalade kettle'].map(
    async (password) => (await site.browser().post('/login', { email: ann.email, password })).status,
  )
  expect((await Promise.all(logins)).toSorted()).toEqual([303, 422])
})

test('a user with a password cannot replace it without typing it', async () => {
  const site = await annReady()
  const answer = await site.anns.post('/settings/password', { new_password: 'five boxing wizards' })
  expect(answer.status).toBe(422)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})
