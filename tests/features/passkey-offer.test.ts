import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { acceptedPasskeys } from '@/model/passkeys/accepted'
import type { AuthOptions } from '@/http/types/auth-options'
import { createAuthenticator, passkeyOptions, type CreationOptions } from '../support/authenticator'
import { ann, annAndEve } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

const DECLINE = '/settings/security/passkeys/decline'
const OFFER = 'Log in without a password next time'

async function afterLogin(env: Record<string, string> = {}, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const anns = site.browser()
  const logIn = async () => {
    await anns.post('/logout')
    await anns.post('/login', ann)
    return (await anns.get('/profile')).html
  }
  return { ...site, anns, logIn }
}

test('the first page after a login with a password offers a passkey, and the next page does not', async () => {
  const { anns, logIn } = await afterLogin()
  const html = await logIn()
  expect(html).toContain(OFFER)
  expect(html).toContain('<template data-passkey-offer><section id="passkey-offer"')
  expect((await anns.get('/profile')).html).not.toContain(OFFER)
})

test('an answer "Not now" hides the offer for 90 days, and no page shows it', async () => {
  const { anns, logIn, advance } = await afterLogin()
  await logIn()
  expect(await anns.post(DECLINE, { next: '/settings?a=1' })).toMatchObject({ status: 303, to: '/settings?a=1' })
  const before = (await anns.get('/settings/activity')).html
  expect(before).not.toContain('declined')
  expect(before).not.toContain('Unknown event')
  expect(await logIn()).not.toContain(OFFER)
  advance(days(90) - 1)
  expect(await logIn()).not.toContain(OFFER)
  advance(1)
  expect(await logIn()).toContain(OFFER)
})

test('with scripts, "Not now" replaces the card by nothing', async () => {
  const { anns, logIn } = await afterLogin()
  await logIn()
  const { status, html, to, headers } = await anns.postHtmx(DECLINE, { next: '/settings' })
  expect({ status, html, to, swap: headers.get('hx-reswap') }).toEqual({
    status: 200,
    html: '',
    to: null,
    swap: 'outerHTML',
  })
})

test('"Not now" leads to no other site', async () => {
  const { anns, logIn, events } = await afterLogin()
  await logIn()
  expect((await anns.post(DECLINE, { next: '//evil.test' })).status).toBe(400)
  expect(events.map(({ kind }) => kind)).not.toContain('passkey-declined')
})

test('nothing is offered where passkeys cannot work', async () => {
  const { logIn } = await afterLogin({ APP_URL: 'http://127.0.0.1' })
  expect(await logIn()).not.toContain(OFFER)
})

const passkeyOf = (user_id: string, credential_id: string, rp_id = 'localhost') => ({
  id: credential_id.padEnd(22, 'x'),
  user_id,
  credential_id,
  public_key: '',
  algorithm: -7,
  sign_count: 0,
  transports: '',
  aaguid: '',
  rp_id,
  is_discoverable: 1 as const,
  is_user_verifying: 1 as const,
  is_backup_eligible: 0 as const,
  is_backed_up: 0 as const,
  name: 'Passkey',
  created_via: 'settings' as const,
  created_at: 0,
  last_used_at: null,
  flagged_at: null,
})

test('an account with a passkey gets no offer, and its browser learns which passkeys work', async () => {
  const { anns, logIn, deps, users } = await afterLogin()
  expect(await acceptedPasskeys(deps, users.ann)).toBeUndefined()
  await deps.db.updateTable('users').set({ passkey_user_handle: 'handle' }).where('id', '=', users.ann.id).execute()
  await deps.db
    .insertInto('passkeys')
    .values([
      passkeyOf(users.ann.id, 'phone'),
      passkeyOf(users.ann.id, 'old', 'old.test'),
      passkeyOf(users.eve.id, 'eves'),
    ])
    .execute()
  const html = await logIn()
  expect(html).not.toContain(OFFER)
  const accepted = { rpId: 'localhost', userId: 'handle', name: ann.email, displayName: ann.name }
  expect(dataIn(html)).toEqual({ ...accepted, allAcceptedCredentialIds: ['phone'] })
  expect(dataIn((await anns.get('/profile')).html)).toBeUndefined()
  await deps.db.deleteFrom('passkeys').where('user_id', '=', users.ann.id).execute()
  await anns.post('/profile', { name: 'Ann Lee' })
  expect(dataIn((await anns.get('/profile')).html)).toEqual({
    ...accepted,
    displayName: 'Ann Lee',
    allAcceptedCredentialIds: [],
  })
})

function dataIn(html: string): unknown {
  const data = /data-accepted="([^"]*)"/.exec(html)?.[1]
  return data && JSON.parse(data.replaceAll('&#34;', '"').replaceAll('&quot;', '"'))
}

const AUTOMATIC: AuthOptions = { passkeys: { upgrade: 'automatic' } }
const UPGRADE = 'data-mode="upgrade"'

test('with the option automatic, the browser may add a passkey without a question, and the user stays on the page', async () => {
  const { anns, logIn, deps } = await afterLogin({}, AUTOMATIC)
  const options = passkeyOptions<CreationOptions>(await logIn())
  const attestation = createAuthenticator().create(options, { flags: { up: false } })
  const fields = { attestation, user_handle: options.user.id, upgrade: 'yes' }
  expect(await anns.postHtmx('/settings/security/passkeys', fields)).toMatchObject({ status: 200, html: '', to: null })
  expect(await deps.db.selectFrom('passkeys').select('created_via').execute()).toEqual([{ created_via: 'upgrade' }])
  expect(await logIn()).not.toContain(UPGRADE)
})

test('a passkey that the browser offers and the site refuses changes nothing on the page', async () => {
  const { anns, logIn } = await afterLogin({}, AUTOMATIC)
  await logIn()
  const fields = { attestation: '{}', user_handle: 'x', upgrade: 'yes' }
  expect(await anns.postHtmx('/settings/security/passkeys', fields)).toMatchObject({ status: 204, to: null })
})

test('a passkey that a user adds needs the presence of the user', async () => {
  const { anns, logIn } = await afterLogin()
  await logIn()
  const options = passkeyOptions<CreationOptions>((await anns.get('/settings/security/passkeys/new')).html)
  const attestation = createAuthenticator().create(options, { flags: { up: false } })
  const fields = { attestation, user_handle: options.user.id, upgrade: 'yes' }
  expect((await anns.post('/settings/security/passkeys', fields)).status).toBe(422)
})

test('with two-step verification, a browser that skipped the second step adds nothing without a question', async () => {
  const { anns, logIn, users, ...site } = await afterLogin({}, AUTOMATIC)
  const app = await addApp(site, users.ann)
  await turnOnTwoStep(site, users.ann)
  await anns.post('/login', ann)
  await anns.post('/login/second-step', { code: app.code(), trust: 'yes' })
  expect((await anns.get('/profile')).html).toContain(UPGRADE)
  const skipped = await logIn()
  expect([skipped.includes(OFFER), skipped.includes(UPGRADE)]).toEqual([true, false])
})

test('without the option, nothing is added without a question', async () => {
  const { logIn } = await afterLogin()
  expect(await logIn()).not.toContain(UPGRADE)
})
