import { expect, test } from 'bun:test'
import { listPasskeys } from '@/model/passkeys/passkeys'
import { createAuthenticator } from '../support/authenticator'
import { addPasskey, logInWithPasskey, openPasskeyForm, registerPasskey } from '../support/passkeys'
import { annAndEve } from '../support/people'

const SENTENCE = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'
const APPLE = 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd'

async function annFresh(env?: Record<string, string>) {
  const site = await annAndEve(env)
  const anns = await site.as(site.users.ann)
  return { ...site, anns, passkeys: () => listPasskeys(site.deps, site.users.ann) }
}

for (const [name, algorithm] of [
  ['ES256', -7],
  ['EdDSA', -8],
  ['RS256', -257],
] as const)
  test(`a passkey with ${name} is added and logs in`, async () => {
    const { anns, browser, passkeys } = await annFresh()
    const authenticator = createAuthenticator({ algorithm, counter: 1 })
    const answer = await registerPasskey(anns, authenticator)
    expect([answer.status, answer.to]).toEqual([303, '/settings/security'])
    expect((await passkeys()).map((one) => one.algorithm)).toEqual([algorithm])
    expect((await logInWithPasskey(browser(), authenticator)).status).toBe(303)
  })

test('a new passkey has the typed name, else that of its maker, and a number makes it unique', async () => {
  const { anns, passkeys } = await annFresh()
  await registerPasskey(anns, createAuthenticator(), { name: ' Ann’s phone ' })
  await registerPasskey(anns, createAuthenticator({ aaguid: APPLE }))
  await registerPasskey(anns, createAuthenticator({ aaguid: APPLE }))
  await registerPasskey(anns, createAuthenticator())
  const names = (await passkeys()).map(({ name }) => name)
  expect(names.toSorted()).toEqual(['Ann’s phone', 'Apple Passwords', 'Apple Passwords 2', 'Passkey'])
})

test('a name of more than 60 characters is refused beside its field, and the challenge stays unused', async () => {
  const { anns, deps, passkeys } = await annFresh()
  const answer = await registerPasskey(anns, createAuthenticator(), { name: 'x'.repeat(61) })
  expect([answer.status, answer.html]).toEqual([422, expect.stringContaining('id="name-error"')])
  expect(await passkeys()).toEqual([])
  expect(await deps.db.selectFrom('used_challenges').selectAll().execute()).toEqual([])
})

test('a passkey without user verification, or one that is not stored, is a security key', async () => {
  for (const options of [{ uv: false }, { isDiscoverable: false }]) {
    const { anns, browser, passkeys } = await annFresh()
    const authenticator = createAuthenticator(options)
    await registerPasskey(anns, authenticator)
    expect((await anns.get('/profile')).html).toContain('Security key added. You can use it for two-step verification.')
    expect(await passkeys()).toHaveLength(1)
    expect((await logInWithPasskey(browser(), authenticator)).status).toBe(422)
  }
})

test('the user handle is random, and the same for all passkeys of a user', async () => {
  const { anns, users, deps } = await annFresh()
  const first = await openPasskeyForm(anns)
  const second = await openPasskeyForm(anns)
  expect(first.user_handle).toMatch(/^[\w-]{43}$/)
  expect(second.user_handle).not.toBe(first.user_handle)
  await addPasskey({ deps }, users.ann)
  const third = await openPasskeyForm(anns)
  await registerPasskey(anns, createAuthenticator())
  expect((await openPasskeyForm(anns)).user_handle).toBe(third.user_handle)
})

test('a page from before the first passkey, which has another user handle, adds none', async () => {
  const { anns, passkeys } = await annFresh()
  const old = await openPasskeyForm(anns)
  await registerPasskey(anns, createAuthenticator())
  const attestation = createAuthenticator().create(old.options)
  const answer = await anns.post('/settings/security/passkeys', { attestation, user_handle: old.user_handle })
  expect([answer.status, answer.html]).toEqual([422, expect.stringContaining(SENTENCE)])
  expect(await passkeys()).toHaveLength(1)
})

test('the options name the site and the user, and exclude the passkeys that the user has', async () => {
  const { anns, users, deps } = await annFresh({ APP_NAME: 'Acme' })
  const { credentialId } = await addPasskey({ deps }, users.ann)
  const { options } = await openPasskeyForm(anns)
  expect(options).toMatchObject({
    rp: { id: 'localhost', name: 'Acme' },
    user: { name: users.ann.email, displayName: 'Ann' },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
    excludeCredentials: [{ id: credentialId, type: 'public-key' }],
    timeout: 300_000,
    extensions: { credProps: true },
  })
})

test('a new passkey gives the session a new token, and ends trusted browsers and pending logins', async () => {
  const { anns, users, deps } = await annFresh()
  const before = anns.jar.get('session')
  const stolen = anns.copy('Another browser')
  await registerPasskey(anns, createAuthenticator())
  expect(anns.jar.get('session')).not.toBe(before)
  expect((await stolen.get('/dashboard')).status).toBe(303)
  const { factors_version } = await deps.db
    .selectFrom('users')
    .select('factors_version')
    .where('id', '=', users.ann.id)
    .executeTakeFirstOrThrow()
  expect(factors_version).toBe(2)
})

test('an authenticator that returns an attestation statement is accepted, and the statement is ignored', async () => {
  const { anns, passkeys } = await annFresh()
  const attStmt = new Map<unknown, unknown>([['sig', Buffer.from('not a signature')]])
  const answer = await registerPasskey(anns, createAuthenticator(), {}, { fmt: 'packed', attStmt })
  expect(answer.status).toBe(303)
  expect(await passkeys()).toHaveLength(1)
})
