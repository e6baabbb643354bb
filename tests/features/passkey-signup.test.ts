import { expect, test } from 'bun:test'
import { signUpOptions } from '@/model/passkeys/options'
import { createAuthenticator, type Changes } from '../support/authenticator'
import { dumpDatabase } from '../support/dump-database'
import { codeIn, linkIn, newestMail } from '../support/mailed'
import { addPasskey, logInWithPasskey } from '../support/passkeys'
import { annAndEve } from '../support/people'
import { mailSite, openSite, type Site } from '../support/site'
import { signUpWithPasskey, zoe } from '../support/sign-up-with-passkey'

const FAILED = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'
const LOGIN_FAILED = 'Please check your login details and try again.'

async function zoeSignsUp(env: Record<string, string> = {}) {
  const site = await mailSite({ EMAIL_VERIFICATION: 'required', ...env })
  const authenticator = createAuthenticator({ origin: site.deps.config.appUrl })
  const zoes = site.browser()
  const answer = await signUpWithPasskey(site, zoes, authenticator)
  expect([answer.status, answer.to]).toEqual([303, '/verify-email'])
  const mail = await newestMail(site)
  return { ...site, authenticator, zoes, link: linkIn(mail), code: codeIn(mail) }
}

const userRows = async ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.selectFrom('users').select(['email', 'password_hash']).execute()

const passkeyCount = async (site: Pick<Site, 'deps'>) => (await dumpDatabase(site)).passkeys?.length

test('a sign-up with a passkey creates an account without a password, and the passkey logs in', async () => {
  const site = await openSite()
  const authenticator = createAuthenticator()
  const browser = site.browser()
  const answer = await signUpWithPasskey(site, browser, authenticator)
  expect([answer.status, answer.to]).toEqual([303, '/login'])
  expect((await browser.get('/login')).html).toContain('Account created. Please log in.')
  expect(await userRows(site)).toEqual([{ email: zoe.email, password_hash: null }])
  expect((await logInWithPasskey(browser, authenticator)).status).toBe(303)
  expect((await browser.get('/profile')).html).toContain('Welcome, Zoe!')
})

test('no password opens an account without a password', async () => {
  const site = await openSite()
  await signUpWithPasskey(site, site.browser(), createAuthenticator())
  for (const password of ['', ' ', 'null', 'violet marmalade kettle']) {
    const answer = await site.browser().post('/login', { email: zoe.email, password })
    expect([password, answer.status, answer.html]).toEqual([password, 422, expect.stringContaining(LOGIN_FAILED)])
  }
})

test('a security key cannot open a new account', async () => {
  for (const options of [{ uv: false }, { isDiscoverable: false }]) {
    const site = await openSite()
    const answer = await signUpWithPasskey(site, site.browser(), createAuthenticator(options))
    const sentence = 'This passkey can’t replace a password. Choose a password instead.'
    expect([answer.status, answer.html]).toEqual([422, expect.stringContaining(sentence)])
    expect(await userRows(site)).toEqual([])
  }
})

test('a taken email address and an empty name are refused as in a sign-up with a password', async () => {
  const site = await annAndEve()
  const post = (fields: Record<string, string>) =>
    signUpWithPasskey(site, site.browser(), createAuthenticator(), fields)
  const taken = await post({ email: 'ann@example.test' })
  expect([taken.status, taken.html]).toEqual([422, expect.stringContaining('Email address already exists.')])
  const nameless = await post({ name: '' })
  expect([nameless.status, nameless.html]).toEqual([422, expect.stringContaining('id="name-error"')])
  expect(nameless.html).not.toContain('id="password-error"')
  expect(await passkeyCount(site)).toBe(0)
})

test('a passkey of another account opens no new account', async () => {
  const site = await annAndEve()
  const passkey = await addPasskey(site, site.users.ann)
  const answer = await signUpWithPasskey(site, site.browser(), passkey)
  expect([answer.status, answer.html]).toEqual([409, expect.stringContaining('This passkey is already registered.')])
  expect(await userRows(site)).toHaveLength(2)
})

test('an answer for another handle, another purpose or another origin opens no account', async () => {
  const site = await openSite()
  const browser = site.browser()
  const refused: [string, Changes, Record<string, string>][] = [
    ['another handle', {}, { user_handle: signUpOptions(site.deps).userHandle }],
    ['another ceremony', { clientData: { type: 'webauthn.get' } }, {}],
    ['another origin', { clientData: { origin: 'http://localhost:8080' } }, {}],
    ['no answer', {}, { attestation: '' }],
  ]
  for (const [what, changes, fields] of refused) {
    const answer = await signUpWithPasskey(site, browser, createAuthenticator(), fields, changes)
    expect([what, answer.status, answer.html]).toEqual([what, 422, expect.stringContaining(FAILED)])
  }
  expect(await userRows(site)).toEqual([])
})

test('a confirmed sign-up with a passkey creates user and passkey when the address is confirmed, and logs in', async () => {
  const site = await zoeSignsUp()
  expect([await userRows(site), await passkeyCount(site)]).toEqual([[], 0])
  const { status, to } = await site.zoes.post('/verify-email', { code: site.code })
  expect([status, to]).toEqual([303, '/profile'])
  expect(await userRows(site)).toEqual([{ email: zoe.email, password_hash: null }])
  expect((await site.zoes.get('/profile')).html).toContain('Welcome, Zoe!')
  expect((await logInWithPasskey(site.browser(), site.authenticator)).status).toBe(303)
})

test('in another browser the link of a sign-up with a passkey only offers a password, and the passkey is dropped', async () => {
  const site = await zoeSignsUp()
  const other = site.browser('Another browser')
  await other.get(site.link)
  const { html } = await other.get('/verify-email')
  expect(html).toContain('Use this password instead')
  expect(html).not.toContain('name="password"')
  expect((await other.post('/verify-email', { password: '' })).status).toBe(422)
  const chosen = await other.post('/verify-email', { new_password: 'five boxing wizards' })
  expect(chosen.status).toBe(303)
  expect(await passkeyCount(site)).toBe(0)
  expect((await logInWithPasskey(site.browser(), site.authenticator)).status).toBe(422)
  expect((await site.browser().post('/login', { email: zoe.email, password: 'five boxing wizards' })).status).toBe(303)
})
