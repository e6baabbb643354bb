import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { createAuthenticator, passkeyOptions, type RequestOptions } from '../support/authenticator'
import type { Browser } from '../support/browser'
import { addPasskey, assertionFor } from '../support/passkeys'
import { ann, annAndEve } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

const PAGE = '/login/second-step'
const PASSKEY = '/login/second-step/passkey'
const REFUSED = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'

/** Ann has two-step verification with one passkey, and has entered her password. */
async function annAtSecondStep(options: Parameters<typeof addPasskey>[2] = {}, env: Record<string, string> = {}) {
  const site = await annAndEve(env)
  const passkey = await addPasskey(site, site.users.ann, options)
  await turnOnTwoStep(site, site.users.ann)
  const anns = site.browser()
  const start = async (browser: Browser) => {
    await browser.post('/login', ann)
    return challengeOf(browser)
  }
  const sessions = () =>
    site.deps.db.selectFrom('sessions').select(['amr', 'passkey_id']).where('ended_at', 'is', null).execute()
  return { ...site, passkey, anns, options: await start(anns), start, sessions }
}

const challengeOf = async (browser: Browser) => passkeyOptions<RequestOptions>((await browser.get(PAGE)).html)

test('a passkey that verified the user completes the login', async () => {
  const { anns, passkey, options, sessions } = await annAtSecondStep()
  expect(options).toMatchObject({ userVerification: 'discouraged', allowCredentials: [{ id: passkey.credentialId }] })
  expect(await anns.post(PASSKEY, { assertion: passkey.get(options), next: '/settings' })).toMatchObject({
    status: 303,
    to: '/settings',
  })
  expect(await sessions()).toEqual([{ amr: 'passkey password', passkey_id: passkey.id }])
  expect((await anns.get('/settings/password')).status).toBe(200)
  expect(anns.jar.has('pending')).toBe(false)
})

test('with htmx the login continues at the same address', async () => {
  const { anns, passkey, options } = await annAtSecondStep()
  expect(await anns.postHtmx(PASSKEY, { assertion: passkey.get(options) })).toMatchObject({
    status: 204,
    to: '/profile',
  })
})

test('a security key without PIN is a second factor', async () => {
  const { anns, passkey, options, sessions } = await annAtSecondStep({ uv: false, isDiscoverable: false })
  expect((await anns.post(PASSKEY, { assertion: passkey.get(options) })).status).toBe(303)
  expect(await sessions()).toMatchObject([{ amr: 'password security-key' }])
})

test('the passkey of another user is refused, and the fifth one ends the login', async () => {
  const { anns, users, sessions, events, ...site } = await annAtSecondStep()
  const eves = await addPasskey(site, users.eve)
  for (let i = 0; i < 5; i++) {
    const answer = await anns.post(PASSKEY, { assertion: eves.get(await challengeOf(anns)) })
    expect(answer.status).toBe(i < 4 ? 422 : 303)
    if (i < 4) expect(answer.html).toContain(`<p id="passkey-error" class="form-error" role="alert">${REFUSED}</p>`)
    else expect(answer.to).toBe('/login')
  }
  expect(await sessions()).toEqual([])
  expect(events.filter(({ kind }) => kind === 'second-step-failed')).toHaveLength(5)
  expect((await anns.get('/login')).html).toContain('Too many wrong codes. Please log in again.')
})

test('a passkey that no account has is refused, and the page says so to the browser', async () => {
  const { anns, options } = await annAtSecondStep()
  const answer = await anns.post(PASSKEY, { assertion: createAuthenticator().get(options) })
  expect([answer.status, answer.html.includes('data-unknown')]).toEqual([422, true])
})

test('a challenge of a login, of another second step, or that was used is refused', async () => {
  const { anns, passkey, options, start, browser } = await annAtSecondStep()
  const other = browser()
  const refused = async (assertion: string) => (await anns.post(PASSKEY, { assertion })).status
  expect(await refused(await assertionFor(browser(), passkey))).toBe(422)
  expect(await refused(passkey.get(await start(other)))).toBe(422)
  const assertion = passkey.get(options, { clientData: { type: 'webauthn.create' } })
  expect(await refused(assertion)).toBe(422)
  const used = passkey.get(await challengeOf(anns))
  expect((await other.post(PASSKEY, { assertion: used })).status).toBe(422)
  expect(await refused(used)).toBe(303)
  expect((await anns.copy().post(PASSKEY, { assertion: used })).to).not.toBe('/profile')
})

test('of 4 parallel requests with one assertion one gets a session', async () => {
  const { anns, passkey, options, sessions } = await annAtSecondStep()
  const assertion = passkey.get(options)
  const answers = await Promise.all(Array.from({ length: 4 }, () => anns.copy().post(PASSKEY, { assertion })))
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
  expect(await sessions()).toHaveLength(1)
})

test('at five minutes the login has expired', async () => {
  const { anns, passkey, options, advance } = await annAtSecondStep()
  advance(minutes(5))
  expect((await anns.post(PASSKEY, { assertion: passkey.get(options) })).to).toBe('/login')
})

test('a trusted browser is remembered after a passkey, too', async () => {
  const { anns, passkey, options } = await annAtSecondStep()
  await anns.post(PASSKEY, { assertion: passkey.get(options), trust: 'yes' })
  await anns.post('/logout')
  expect((await anns.post('/login', ann)).to).toBe('/profile')
})

test('the choice to trust the browser is on the page, once, with and without an app', async () => {
  const { anns, users, ...site } = await annAtSecondStep()
  const choices = async () => (await anns.get(PAGE)).html.match(/type="checkbox" name="trust"/g)?.length
  expect(await choices()).toBe(1)
  await addApp(site, users.ann)
  expect(await choices()).toBe(1)
})

test('the button has the focus, and a code is the way without scripts', async () => {
  const { anns, users, start, ...site } = await annAtSecondStep()
  expect((await anns.get(PAGE)).html).toContain('Passkeys require JavaScript.<')
  await addApp(site, users.ann)
  const { html } = await anns.get(PAGE)
  expect(html).toMatch(/<form [^>]*action="\/login\/second-step\/passkey"[^>]* hidden [^>]*data-first/)
  expect(html).toContain('Passkeys require JavaScript. Enter a code instead.')
})

test('a user without a passkey sees no button', async () => {
  const site = await annAndEve()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const anns = site.browser()
  await anns.post('/login', ann)
  expect((await anns.get(PAGE)).html).not.toContain('Use a passkey')
})

test('where passkeys cannot work there is no button, and the address does not exist', async () => {
  const site = await annAndEve({ APP_URL: 'http://127.0.0.1' })
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const anns = site.browser()
  await anns.post('/login', ann)
  expect((await anns.get(PAGE)).html).not.toContain('Use a passkey')
  expect((await anns.post(PASSKEY, { assertion: '{}' })).status).toBe(404)
})
