import { expect, test } from 'bun:test'
import { hours, minutes } from '@/lib/duration'
import { createChallenge, stepUpBinding } from '@/model/passkeys/challenges'
import { createAuthenticator, passkeyOptions, type RequestOptions } from '../support/authenticator'
import type { Browser } from '../support/browser'
import { addPasskey, annWithPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

const PAGE = '/relogin'
const PASSKEY = '/relogin/passkey'
const LONG = { SESSION_IDLE_SECONDS: '43200' }
const REFUSED = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'
const DIALOG = { 'hx-request': 'true', 'hx-request-type': 'partial', 'hx-target': 'div#relogin-form' }

const challengeOf = async (browser: Browser) => passkeyOptions<RequestOptions>((await browser.get(PAGE)).html)

/** The session of Ann is active and stale. */
async function staleAnn(env: Record<string, string> = LONG, options?: Parameters<typeof addPasskey>[2]) {
  const site = await annWithPasskey(env, undefined, options)
  const anns = await site.as(ann)
  site.advance(minutes(5))
  const session = () =>
    site.deps.db.selectFrom('sessions').selectAll().where('ended_at', 'is', null).executeTakeFirstOrThrow()
  return { ...site, anns, session }
}

test('a passkey makes a stale session fresh and restarts its absolute limit', async () => {
  const { anns, passkey, session, deps } = await staleAnn()
  expect((await anns.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  const options = await challengeOf(anns)
  expect(options).toMatchObject({ userVerification: 'required', allowCredentials: [{ id: passkey.credentialId }] })
  const answer = await anns.post(PASSKEY, { assertion: passkey.get(options), next: '/settings/password' })
  expect(answer).toMatchObject({ status: 303, to: '/settings/password' })
  expect((await anns.get('/settings/password')).status).toBe(200)
  expect(await session()).toMatchObject({
    amr: 'passkey password',
    passkey_id: passkey.id,
    authenticated_at: deps.now(),
    second_factor_at: deps.now(),
  })
})

test.each([
  ['after inactivity', hours(1), { SESSION_IDLE_SECONDS: '300' }],
  ['after the absolute limit', hours(12), LONG],
])('a passkey continues a session that ended %s', async (_, later, env) => {
  const { anns, passkey, advance } = await staleAnn(env)
  advance(later)
  expect((await anns.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  expect((await anns.post(PASSKEY, { assertion: passkey.get(await challengeOf(anns)) })).to).toBe('/profile')
  expect((await anns.get('/settings/password')).status).toBe(200)
})

test('with two-step verification, a passkey alone is enough', async () => {
  const { anns, passkey, users, ...site } = await staleAnn()
  await addApp(site, users.ann)
  await turnOnTwoStep(site, users.ann)
  const { html } = await anns.get(PAGE)
  expect(html).toContain('Your session has ended')
  expect((await anns.post(PASSKEY, { assertion: passkey.get(await challengeOf(anns)) })).to).toBe('/profile')
})

test('in the dialog, the success closes it, and a refused passkey shows the form again', async () => {
  const { anns, passkey } = await staleAnn()
  const refused = await anns.post(PASSKEY, { assertion: '{}' }, DIALOG)
  expect(refused.status).toBe(422)
  expect(refused.html).toContain(`<p id="relogin-passkey-error" class="form-error" role="alert">${REFUSED}</p>`)
  expect(refused.html).not.toContain('data-mode')
  const options = passkeyOptions<RequestOptions>(refused.html)
  expect((await anns.post(PASSKEY, { assertion: passkey.get(options) }, DIALOG)).status).toBe(204)
})

test('the dialog asks for the passkey when it opens, and the page waits for a click', async () => {
  const { anns } = await staleAnn()
  expect((await anns.get(PAGE, DIALOG)).html).toContain('data-mode="dialog"')
  expect((await anns.get(PAGE)).html).not.toContain('data-mode')
})

test('the passkey of another user and an unknown one are refused', async () => {
  const { anns, users, session, ...site } = await staleAnn()
  const before = await session()
  const eves = await addPasskey(site, users.eve)
  const foreign = await anns.post(PASSKEY, { assertion: eves.get(await challengeOf(anns)) })
  expect([foreign.status, foreign.html.includes(REFUSED), foreign.html.includes('data-unknown')]).toEqual([
    422,
    true,
    false,
  ])
  const unknown = await anns.post(PASSKEY, { assertion: createAuthenticator().get(await challengeOf(anns)) })
  expect([unknown.status, unknown.html.includes('data-unknown')]).toEqual([422, true])
  expect((await session()).reauthenticated_at).toBe(before.reauthenticated_at)
})

test('a challenge of another session of the same user is refused, and one is used once', async () => {
  const { anns, passkey, as, advance } = await staleAnn()
  const other = await as(ann)
  advance(minutes(5))
  await anns.get('/profile')
  expect((await anns.post(PASSKEY, { assertion: passkey.get(await challengeOf(other)) })).status).toBe(422)
  const assertion = passkey.get(await challengeOf(anns), { clientData: { crossOrigin: true } })
  expect((await anns.post(PASSKEY, { assertion })).status).toBe(422)
  const used = passkey.get(await challengeOf(anns))
  expect((await anns.post(PASSKEY, { assertion: used })).status).toBe(303)
  advance(minutes(5))
  expect((await anns.post(PASSKEY, { assertion: used })).status).toBe(422)
})

test('a security key without PIN is not offered and does not make a session fresh', async () => {
  const { anns, passkey, session, deps } = await staleAnn(LONG, { uv: false })
  expect((await anns.get(PAGE)).html).not.toContain('data-passkey="')
  const before = await session()
  const challenge = createChallenge(deps, 'step-up', stepUpBinding(before))
  const assertion = passkey.get({ challenge, rpId: 'localhost' })
  expect((await anns.post(PASSKEY, { assertion })).status).toBe(422)
  expect(await session()).toMatchObject({ amr: before.amr, reauthenticated_at: before.reauthenticated_at })
})

test('the password stays a way, and the button says what scripts are for', async () => {
  const { anns } = await staleAnn()
  const { html } = await anns.get(PAGE)
  expect(html).toContain('Confirm that it’s you')
  expect(html).toContain('name="password"')
  expect(html).toContain('Passkeys require JavaScript. Log in with your password instead.')
})

test('a passkey at the re-login takes the place of the second step that the password began', async () => {
  const { anns, passkey, users, ...site } = await staleAnn()
  await addApp(site, users.ann)
  await turnOnTwoStep(site, users.ann)
  expect((await anns.post(PAGE, { password: ann.password })).to).toBe('/login/second-step')
  expect((await anns.post(PASSKEY, { assertion: passkey.get(await challengeOf(anns)) })).to).toBe('/profile')
  expect(anns.jar.has('pending')).toBe(false)
  expect(await site.deps.db.selectFrom('pending_logins').selectAll().execute()).toEqual([]) // so no mail reports it
})
