import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { isActive } from '@/model/sessions/expiry'
import { dumpDatabase } from '../support/dump-database'
import { addPasskey, annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import type { Site } from '../support/site'

const SECURITY = '/settings/security'
const APPLE = 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd'
const ONLY_WAY = 'This is your only way to log in. Add another one first.'

const path = ({ id }: { id: string }, action: string) => `${SECURITY}/passkeys/${id}/${action}`

async function annLoggedIn(env?: Record<string, string>, options = {}) {
  const site = await annWithPasskey(env, undefined, options)
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey)
  await anns.get('/probe')
  return { ...site, anns }
}

const passkeys = async (site: Pick<Site, 'deps'>) => (await dumpDatabase(site)).passkeys ?? []

const setPasskey = ({ deps }: Pick<Site, 'deps'>, { id }: { id: string }, values: object) =>
  deps.db.updateTable('passkeys').set(values).where('id', '=', id).execute()

const removePassword = ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.updateTable('users').set({ password_hash: null }).where('email', '=', ann.email).execute()

const activeSessions = async ({ deps }: Pick<Site, 'deps'>) =>
  (await deps.db.selectFrom('sessions').select('id').where(isActive(deps)).execute()).length

test('the list shows name, maker, whether it is synced, the last use, and which passkey opened this session', async () => {
  const { anns } = await annLoggedIn({}, { name: 'Phone', aaguid: APPLE, be: true, bs: true })
  const { html } = await anns.get(SECURITY)
  for (const text of ['Phone', 'Apple Passwords', ', synced', 'Used for this session', 'Last used'])
    expect(html).toContain(text)
  expect(html).toContain('Add a second passkey so you can still log in if you lose this device.')
})

test('the list says why a security key cannot replace a password', async () => {
  const { anns, users, deps } = await annLoggedIn()
  await addPasskey({ deps }, users.ann, { uv: false, isDiscoverable: false })
  const { html } = await anns.get(SECURITY)
  expect(html).toContain('Can’t be used to log in without a password.')
  expect(html).toContain('Doesn’t check a PIN or fingerprint, so it can’t replace your password.')
})

test('the list marks a blocked passkey and one of another domain', async () => {
  const { anns, users, deps } = await annLoggedIn()
  const [blocked, foreign] = [await addPasskey({ deps }, users.ann), await addPasskey({ deps }, users.ann)]
  await setPasskey({ deps }, blocked, { flagged_at: 1 })
  await setPasskey({ deps }, foreign, { rp_id: 'old.example' })
  const { html } = await anns.get(SECURITY)
  expect(html).toContain('Blocked: it may have been copied. Remove it.')
  expect(html.replaceAll(/<\/?span>/g, '')).toContain('Created for old.example. Doesn’t work here.')
})

test('a passkey is renamed: plain with a redirect, with htmx the row changes', async () => {
  const { anns, passkey } = await annLoggedIn()
  const plain = await anns.post(path(passkey, 'rename'), { name: 'Office' })
  expect([plain.status, plain.to]).toEqual([303, SECURITY])
  const htmx = await anns.postHtmx(path(passkey, 'rename'), { name: 'Home' })
  expect([htmx.status, htmx.to]).toEqual([200, null])
  expect(htmx.html).toContain('Home')
  expect(htmx.html).toStartWith(`<li id="factor-${passkey.id}"`)
  expect((await anns.get(SECURITY)).html).toContain('Home')
})

test('an invalid new name is refused beside its field, and the list keeps the old one', async () => {
  const { deps, anns, passkey } = await annLoggedIn()
  for (const name of ['', ' ', 'x'.repeat(61), '\u2028']) {
    const answer = await anns.post(path(passkey, 'rename'), { name })
    expect([name, answer.status, answer.html.includes(`id="name-${passkey.id}-error"`)]).toEqual([name, 422, true])
  }
  expect((await passkeys({ deps }))[0]?.name).toBe('Laptop')
})

test('removing a passkey ends the sessions that it opened, with their remember series', async () => {
  const site = await annLoggedIn()
  const phone = await addPasskey(site, site.users.ann)
  const other = site.browser()
  await logInWithPasskey(other, phone, { remember: 'yes' })
  const byPassword = await site.as(site.users.ann)
  const answer = await site.anns.post(path(phone, 'remove'))
  expect([answer.status, answer.to]).toEqual([303, SECURITY])
  expect((await site.anns.get(SECURITY)).html).toContain('Passkey removed.')
  expect((await other.get('/dashboard')).to).toStartWith('/relogin')
  other.jar.delete('session')
  expect((await other.get('/dashboard')).to).toStartWith('/login')
  expect((await byPassword.get('/dashboard')).status).toBe(200)
})

test('the session that removes its own passkey stays, with a new token', async () => {
  const site = await annLoggedIn()
  const before = site.anns.jar.get('session')
  await site.anns.post(path(site.passkey, 'remove'))
  expect((await site.anns.get('/dashboard')).status).toBe(200)
  expect(site.anns.jar.get('session')).not.toBe(before)
})

test('the ticked box of the removal logs out all other sessions', async () => {
  const site = await annLoggedIn()
  await site.as(site.users.ann)
  await site.as(site.users.ann)
  expect((await site.anns.get(SECURITY)).html).toMatch(/name="everywhere"[^>]*checked/)
  await site.anns.post(path(site.passkey, 'remove'), { everywhere: 'yes' })
  expect(await activeSessions(site)).toBe(1)
})

test('the only way to log in stays, and so does one of two passkeys that are removed at once', async () => {
  const site = await annLoggedIn()
  await removePassword(site)
  const only = await site.anns.post(path(site.passkey, 'remove'))
  expect([only.status, only.html]).toEqual([409, expect.stringContaining(ONLY_WAY)])
  const second = await addPasskey(site, site.users.ann)
  const twin = await site.as(site.users.ann)
  const answers = await Promise.all([site.anns.post(path(site.passkey, 'remove')), twin.post(path(second, 'remove'))])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409])
  expect(await passkeys(site)).toHaveLength(1)
})

test('a security key, a blocked passkey and one of another domain are no other way to log in', async () => {
  const site = await annLoggedIn()
  await removePassword(site)
  const useless = [
    await addPasskey(site, site.users.ann, { uv: false }),
    await addPasskey(site, site.users.ann),
    await addPasskey(site, site.users.ann),
  ] as const
  await setPasskey(site, useless[1], { flagged_at: 1 })
  await setPasskey(site, useless[2], { rp_id: 'old.example' })
  expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(409)
  for (const passkey of useless) expect((await site.anns.post(path(passkey, 'remove'))).status).toBe(303)
})

test('with EMAIL_LOGIN a code in an email is another way to log in', async () => {
  const site = await annLoggedIn({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  await removePassword(site)
  expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(303)
})

test('the last second factor turns two-step verification off, after a confirmation', async () => {
  const site = await annLoggedIn()
  await addCodes(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await logInWithPasskey(site.anns, site.passkey)
  const asked = await site.anns.post(path(site.passkey, 'remove'), { everywhere: 'yes' })
  expect([asked.status, asked.html]).toEqual([200, expect.stringContaining('This turns off two-step verification.')])
  expect(await passkeys(site)).toHaveLength(1)
  const done = await site.anns.post(path(site.passkey, 'remove'), { confirmed: 'yes', everywhere: 'yes' })
  expect([done.status, done.to]).toEqual([303, SECURITY])
  const [user] = (await dumpDatabase(site)).users ?? []
  expect([user?.two_step_enabled_at, await passkeys(site)]).toEqual([null, []])
})

test('with another second factor a passkey is removed without a confirmation', async () => {
  const site = await annLoggedIn()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await logInWithPasskey(site.anns, site.passkey)
  expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(303)
})

test('removing a passkey that does not work keeps two-step verification and its last factor', async () => {
  for (const [MFA, values] of [
    ['optional', { flagged_at: 1 }],
    ['required', { rp_id: 'old.example' }],
  ] as const) {
    const site = await annLoggedIn({ MFA })
    await addApp(site, site.users.ann)
    await turnOnTwoStep(site, site.users.ann)
    await logInWithPasskey(site.anns, site.passkey)
    await setPasskey(site, site.passkey, values)
    expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(303)
    const user = (await dumpDatabase(site)).users?.find(({ id }) => id === site.users.ann.id)
    expect([user?.two_step_enabled_at, await passkeys(site)]).toEqual([site.deps.now(), []])
  }
})

test('the last second factor stays where the policy requires one', async () => {
  const site = await annLoggedIn({ MFA: 'required' })
  await turnOnTwoStep(site, site.users.ann)
  await logInWithPasskey(site.anns, site.passkey)
  await site.anns.get('/probe')
  const answer = await site.anns.post(path(site.passkey, 'remove'), { confirmed: 'yes' })
  const sentence = 'Add another verification method before you remove this one.'
  expect([answer.status, answer.html]).toEqual([409, expect.stringContaining(sentence)])
})

test('a passkey stays during a recovery hold', async () => {
  const site = await annLoggedIn({ RECOVERY_HOLD_SECONDS: '60' })
  await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
  expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(409)
  site.advance(minutes(1))
  expect((await site.anns.post(path(site.passkey, 'remove'))).status).toBe(303)
})

test('the twenty-first passkey is refused', async () => {
  const site = await annLoggedIn()
  for (let i = 1; i < 20; i++) await addPasskey(site, site.users.ann)
  await expect(addPasskey(site, site.users.ann)).rejects.toThrow('full')
  expect(await passkeys(site)).toHaveLength(20)
  const { html } = await site.anns.get('/settings/security/passkeys/new')
  expect(html).toContain('You have 20 passkeys, the maximum. Remove one first.')
})

test('a removed passkey no longer logs in', async () => {
  const site = await annLoggedIn()
  await site.anns.post(path(site.passkey, 'remove'))
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(422)
})

test('a name with markup is shown as text', async () => {
  const name = '<img src=x onerror="alert(1)">'
  const site = await annLoggedIn({}, { name })
  await addCodes(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await logInWithPasskey(site.anns, site.passkey)
  const pages = [await site.anns.get(SECURITY), await site.anns.post(path(site.passkey, 'remove'))]
  for (const { html } of pages) {
    expect(html).toContain('&lt;img src=x onerror=')
    expect(html).not.toContain('<img')
  }
})
