import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { createChallenge } from '@/model/passkeys/challenges'
import { parseAssertion } from '@/model/passkeys/credential'
import { countForeignPasskeys } from '@/model/passkeys/foreign'
import { requestOptions } from '@/model/passkeys/options'
import { verifyAssertion } from '@/model/passkeys/verify'
import { createAuthenticator, encodeCbor, type Changes } from '../support/authenticator'
import type { Browser } from '../support/browser'
import { dumpDatabase } from '../support/dump-database'
import { newestMail } from '../support/mailed'
import {
  addPasskey,
  annWithPasskey,
  assertionFor,
  logInWithPasskey,
  openPasskeyForm,
  registerPasskey,
} from '../support/passkeys'
import { annAndEve } from '../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import type { Site } from '../support/site'

// W-1 to W-15 are rows of the security requirements for WebAuthn.

const SENTENCE = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'
const CLIENT = { fingerprint: '', userAgent: '', ip: '', source: '192.0.2.1' }

type Refused = [what: string, changes: Changes]

/** Every answer is one for a new challenge, and the unchanged answer logs in. */
async function expectNoLogin(site: Awaited<ReturnType<typeof annWithPasskey>>, refused: Refused[]) {
  for (const [what, changes] of refused) {
    const browser = site.browser()
    const answer = await logInWithPasskey(browser, site.passkey, {}, changes)
    expect([what, answer.status, answer.html.includes(SENTENCE)]).toEqual([what, 422, true])
    expect([what, browser.jar.has('session')]).toEqual([what, false])
  }
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
}

async function annFresh() {
  const site = await annAndEve()
  return { ...site, anns: await site.as(site.users.ann) }
}

/** The unchanged answer adds a passkey. */
async function expectNoPasskey(refused: Refused[]) {
  const site = await annFresh()
  for (const [what, changes] of refused) {
    await liftLimits(site)
    const answer = await registerPasskey(site.anns, createAuthenticator(), {}, changes)
    expect([what, answer.status, answer.html.includes(SENTENCE)]).toEqual([what, 422, true])
  }
  expect(await passkeys(site)).toHaveLength(0)
  expect((await registerPasskey(site.anns, createAuthenticator())).status).toBe(303)
}

const liftLimits = ({ deps }: Pick<Site, 'deps'>) => deps.db.deleteFrom('rate_limit_hits').execute()

const passkeys = async (site: Pick<Site, 'deps'>) => (await dumpDatabase(site)).passkeys ?? []

const postAssertion = (browser: Browser, assertion: string) => browser.post('/login/passkey', { assertion })

test('W-1: an answer of the other ceremony is refused', async () => {
  const type = (name: unknown): Changes => ({ clientData: { type: name } })
  await expectNoLogin(await annWithPasskey(), [
    ['create', type('webauthn.create')],
    ['payment', type('payment.get')],
    ['none', type(undefined)],
  ])
  await expectNoPasskey([['get', type('webauthn.get')]])
})

test('W-2: a challenge is used once, whatever the outcome', async () => {
  const { browser, passkey } = await annWithPasskey()
  const options = JSON.parse((await browser().get('/login/passkey')).html)
  const wrong = passkey.get(options, { flags: { uv: false } })
  expect((await postAssertion(browser(), wrong)).status).toBe(422)
  expect((await postAssertion(browser(), passkey.get(options))).status).toBe(422)
  expect((await logInWithPasskey(browser(), passkey)).status).toBe(303)
})

test('W-2: a challenge works for five minutes and not a millisecond longer', async () => {
  const site = await annWithPasskey()
  const [first, second] = [
    await assertionFor(site.browser(), site.passkey),
    await assertionFor(site.browser(), site.passkey),
  ]
  site.advance(minutes(5) - 1)
  expect((await postAssertion(site.browser(), first)).status).toBe(303)
  site.advance(1)
  expect((await postAssertion(site.browser(), second)).status).toBe(422)
})

test('W-2: a challenge of another purpose, another site or another form is refused', async () => {
  const site = await annWithPasskey()
  const other = await annWithPasskey({ SECRET_KEYS: randomBytes(32).toString('base64url') })
  const own = createChallenge(site.deps, 'login')
  const challenge = (value: unknown): Changes => ({ clientData: { challenge: value } })
  await expectNoLogin(site, [
    ['second step', challenge(createChallenge(site.deps, 'second-step'))],
    ['another binding', challenge(createChallenge(site.deps, 'login', 'x'))],
    ['another key', challenge(createChallenge(other.deps, 'login'))],
    ['padded', challenge(`${own}=`)],
    ['other bits at its end', challenge(`${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`)],
    ['shorter', challenge(own.slice(0, -4))],
    ['empty', challenge('')],
    ['a list', challenge([own])],
  ])
})

test('W-2: a registration of another session, or for another handle, is refused', async () => {
  const { anns, as, users, ...site } = await annFresh()
  const { options, user_handle } = await openPasskeyForm(anns)
  const attestation = createAuthenticator().create(options)
  const second = await as(users.ann)
  const eves = await as(users.eve)
  for (const browser of [second, eves])
    expect((await browser.post('/settings/security/passkeys', { attestation, user_handle })).status).toBe(422)
  const other = randomBytes(32).toString('base64url')
  expect((await anns.post('/settings/security/passkeys', { attestation, user_handle: other })).status).toBe(422)
  expect(await passkeys(site)).toHaveLength(0)
  expect((await anns.post('/settings/security/passkeys', { attestation, user_handle })).status).toBe(303)
})

test('W-3: only the exact origin of the site is accepted, and no frame', async () => {
  const refused: Refused[] = [
    'https://localhost',
    'http://localhost:8080',
    'http://app.localhost',
    'http://localhost/',
    'http://LOCALHOST',
    'http://127.0.0.1',
    'null',
    undefined,
  ].map((origin) => [`origin ${origin}`, { clientData: { origin } }])
  const frames: Refused[] = [
    ['crossOrigin', { clientData: { crossOrigin: true } }],
    ['crossOrigin as text', { clientData: { crossOrigin: 'false' } }],
    ['topOrigin', { clientData: { topOrigin: 'http://localhost' } }],
    ['both', { clientData: { crossOrigin: true, topOrigin: 'http://evil.example' } }],
  ]
  await expectNoLogin(await annWithPasskey(), [...refused, ...frames])
  await expectNoPasskey([...refused, ...frames])
})

test('W-3: a browser that leaves crossOrigin out is accepted', async () => {
  const { browser, passkey } = await annWithPasskey()
  expect((await logInWithPasskey(browser(), passkey, {}, { clientData: { crossOrigin: undefined } })).status).toBe(303)
})

test('W-4: an answer for another RP ID is refused', async () => {
  const refused: Refused[] = ['example.test', 'app.localhost', ''].map((rpId) => [`RP ID ${rpId}`, { rpId }])
  await expectNoLogin(await annWithPasskey(), refused)
  await expectNoPasskey(refused)
})

test('W-5: a login needs user presence and user verification, a registration only presence', async () => {
  await expectNoLogin(await annWithPasskey(), [
    ['no presence', { flags: { up: false } }],
    ['no verification', { flags: { uv: false } }],
  ])
  await expectNoPasskey([['no presence', { flags: { up: false } }]])
})

test('W-5: a key that was added without user verification never stands alone, also if it has a PIN now', async () => {
  const site = await annWithPasskey({}, undefined, { uv: false })
  const withPin = site.passkey.with({ uv: true })
  expect((await logInWithPasskey(site.browser(), withPin)).status).toBe(422)
  const [purpose, binding, user] = ['second-step', 'b', site.users.ann] as const
  const assertion = withPin.get(await requestOptions(site.deps, { purpose, binding, user }))
  const input = { assertion, purpose, binding, user, requireUserVerification: false }
  expect(await verifyAssertion(site.deps, input, CLIENT)).toMatchObject({ kind: 'ok', isUserVerified: false })
})

test('the options of a step-up name no key that was added without user verification', async () => {
  const { deps, users, passkey } = await annWithPasskey()
  await addPasskey({ deps }, users.ann, { uv: false })
  const idsFor = async (purpose: 'second-step' | 'step-up') =>
    (await requestOptions(deps, { purpose, binding: 'b', user: users.ann })).allowCredentials?.map(({ id }) => id)
  expect(await idsFor('step-up')).toEqual([passkey.credentialId])
  expect(await idsFor('second-step')).toHaveLength(2)
})

test('W-6: a synced passkey that is not backup eligible, and a changed eligibility, are refused', async () => {
  await expectNoLogin(await annWithPasskey(), [
    ['synced, not eligible', { flags: { bs: true } }],
    ['eligible now', { flags: { be: true } }],
  ])
  await expectNoLogin(await annWithPasskey({}, undefined, { be: true, bs: true }), [
    ['not eligible any more', { flags: { be: false, bs: false } }],
  ])
  await expectNoPasskey([['synced, not eligible', { flags: { bs: true } }]])
})

test('W-6: whether a passkey is synced may change, and is stored', async () => {
  const site = await annWithPasskey({}, undefined, { be: true })
  await logInWithPasskey(site.browser(), site.passkey, {}, { flags: { bs: true } })
  expect((await passkeys(site))[0]).toMatchObject({ is_backup_eligible: 1, is_backed_up: 1 })
})

test('W-7: an algorithm that was not offered is refused, and so is a weak key', async () => {
  await expectNoPasskey([-35, -36, -37, -48, -257, -65535, 0].map((algorithm) => [`${algorithm}`, { algorithm }]))
  const { anns } = await annFresh()
  const { options, user_handle } = await openPasskeyForm(anns)
  const rsa1024 = createAuthenticator({ algorithm: -257, keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) })
  const attestation = rsa1024.create(options)
  expect((await anns.post('/settings/security/passkeys', { attestation, user_handle })).status).toBe(422)
})

test('W-8: a passkey that any account has is not registered again, and its row stays', async () => {
  for (const owner of ['ann', 'eve'] as const) {
    const site = await annFresh()
    const passkey = await addPasskey(site, site.users[owner])
    const before = await passkeys(site)
    const answer = await registerPasskey(site.anns, passkey)
    expect([answer.status, answer.html]).toEqual([409, expect.stringContaining('This passkey is already registered.')])
    expect(await passkeys(site)).toEqual(before)
  }
})

test('W-8: a credential id of more than 1,023 bytes is refused', async () => {
  const id = randomBytes(1024).toString('base64url')
  await expectNoPasskey([['1,024 bytes', { credential: { id, rawId: id } }]])
})

test('W-8: the id of a new passkey is the one that its authenticator signed', async () => {
  const id = randomBytes(16).toString('base64url')
  await expectNoPasskey([['another id', { credential: { id, rawId: id } }]])
})

test('W-9: a login needs the handle of the user', async () => {
  const site = await annWithPasskey()
  const eve = await addPasskey(site, site.users.eve)
  const { passkey_user_handle: eves } = await site.deps.db
    .selectFrom('users')
    .select('passkey_user_handle')
    .where('id', '=', site.users.eve.id)
    .executeTakeFirstOrThrow()
  const handle = (userHandle: unknown): Changes => ({ response: { userHandle } })
  await expectNoLogin(site, [
    ['none', handle(undefined)],
    ['null', handle(null)],
    ['empty', handle('')],
    ['that of Eve', handle(eves)],
    ['the id of Ann', handle(site.users.ann.id)],
    ['too long', handle('A'.repeat(89))],
    ['a number', handle(1)],
  ])
  expect((await logInWithPasskey(site.browser(), eve)).status).toBe(303)
})

test('W-9: a second step and a step-up need no handle, and a wrong one is refused', async () => {
  const { deps, users, passkey } = await annWithPasskey()
  for (const purpose of ['second-step', 'step-up'] as const)
    for (const [userHandle, kind] of [
      ['A'.repeat(43), 'failed'],
      [undefined, 'ok'],
    ] as const) {
      const options = await requestOptions(deps, { purpose, binding: 'b', user: users.ann })
      const assertion = passkey.get(options, { response: { userHandle } })
      const input = { assertion, purpose, binding: 'b', user: users.ann, requireUserVerification: true }
      expect([purpose, (await verifyAssertion(deps, input, CLIENT)).kind]).toEqual([purpose, kind])
    }
})

test('W-10: the passkey of another user completes no second step and no step-up', async () => {
  const site = await annWithPasskey()
  const eve = await addPasskey(site, site.users.eve)
  const { users, deps } = site
  for (const purpose of ['second-step', 'step-up'] as const)
    for (const [passkey, kind] of [
      [eve, 'failed'],
      [site.passkey, 'ok'],
    ] as const) {
      const options = await requestOptions(deps, { purpose, binding: 'b', user: users.ann })
      const assertion = passkey.get(options)
      const input = { assertion, purpose, binding: 'b', user: users.ann, requireUserVerification: false }
      expect([purpose, (await verifyAssertion(deps, input, CLIENT)).kind]).toEqual([purpose, kind])
    }
})

test('W-10: an answer for another pending login or session is refused', async () => {
  const { deps, users, passkey } = await annWithPasskey()
  for (const purpose of ['second-step', 'step-up'] as const) {
    const options = await requestOptions(deps, { purpose, binding: 'one', user: users.ann })
    const input = { assertion: passkey.get(options), purpose, user: users.ann, requireUserVerification: false }
    expect((await verifyAssertion(deps, { ...input, binding: 'other' }, CLIENT)).kind).toBe('failed')
    expect((await verifyAssertion(deps, { ...input, binding: 'one' }, CLIENT)).kind).toBe('ok')
  }
})

test('W-11: a counter that does not rise blocks the passkey, tells the user, and leaves the other passkey working', async () => {
  for (const counter of [5, 4, 0]) {
    const site = await annWithPasskey({ MAIL_URL: 'mailbox:' }, undefined, { counter: 4 })
    const second = await addPasskey(site, site.users.ann)
    expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
    const refused = await logInWithPasskey(site.browser(), site.passkey, {}, { counter })
    expect([counter, refused.status, refused.html.includes(SENTENCE)]).toEqual([counter, 422, true])
    expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(422)
    expect(site.events.filter(({ kind }) => kind === 'passkey-flagged')).toEqual([
      { kind: 'passkey-flagged', userId: site.users.ann.id, factorId: site.passkey.id },
    ])
    expect((await newestMail(site)).subject).toBe('A passkey was blocked')
    expect((await logInWithPasskey(site.browser(), second)).status).toBe(303)
  }
})

test('W-11: a copied authenticator is refused after the original was used', async () => {
  const site = await annWithPasskey({}, undefined, { counter: 1 })
  const copy = site.passkey.copy()
  await logInWithPasskey(site.browser(), site.passkey)
  expect((await logInWithPasskey(site.browser(), copy)).status).toBe(422)
  expect((await passkeys(site))[0]?.flagged_at).toBe(site.deps.now())
})

test('W-11: an invented answer with a low counter blocks no passkey', async () => {
  const site = await annWithPasskey({}, undefined, { counter: 9 })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const forged = await logInWithPasskey(site.browser(), site.passkey, {}, { counter: 1, signWith: privateKey })
  expect(forged.status).toBe(422)
  expect((await passkeys(site))[0]?.flagged_at).toBeNull()
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
})

test('W-11: a passkey without a counter logs in again and again', async () => {
  const { browser, passkey } = await annWithPasskey()
  for (let i = 0; i < 3; i++) expect((await logInWithPasskey(browser(), passkey)).status).toBe(303)
})

test('W-12: the options for the login are the same for every caller, set no cookie and write no row', async () => {
  const site = await annWithPasskey()
  const before = JSON.stringify(await dumpDatabase(site))
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey)
  const written = JSON.stringify(await dumpDatabase(site))
  expect(written).not.toBe(before)
  const [visitor, user] = [await site.browser().get('/login/passkey'), await anns.get('/login/passkey?email=ann')]
  const [first, second] = [visitor, user].map(({ html }) => JSON.parse(html))
  expect(first.challenge).not.toBe(second.challenge)
  expect({ ...first, challenge: '' }).toEqual({ ...second, challenge: '' })
  expect(first).toMatchObject({
    rpId: 'localhost',
    userVerification: 'required',
    allowCredentials: [],
    timeout: 300_000,
  })
  for (const { status, set, headers } of [visitor, user])
    expect([status, set, headers.get('cache-control')]).toEqual([200, [], 'no-store'])
  expect(JSON.stringify(await dumpDatabase(site))).toBe(written)
})

test('W-12: an unknown passkey is refused like a known one, and only the mark for the browser differs', async () => {
  const site = await annWithPasskey()
  const unregistered = createAuthenticator()
  unregistered.create({ challenge: '', rp: {}, user: { id: 'handle' } })
  const unknown = await logInWithPasskey(site.browser(), unregistered)
  const known = await logInWithPasskey(site.browser(), site.passkey, {}, { flags: { uv: false } })
  expect([unknown.status, known.status]).toEqual([422, 422])
  const plain = (html: string) => html.replace(/data-passkey="[^"]*"/, '').replace(' data-unknown', '')
  expect(plain(unknown.html)).toBe(plain(known.html))
  expect([unknown.html.includes('data-unknown'), known.html.includes('data-unknown')]).toEqual([true, false])
})

test('W-13: of the extension results only the discoverability is read, and attestation is never trusted', async () => {
  const site = await annFresh()
  const attStmt = new Map<unknown, unknown>([
    ['alg', -7],
    ['sig', randomBytes(70)],
    ['x5c', randomBytes(500)],
  ])
  for (const fmt of ['packed', 'fido-u2f', 'tpm', 'android-key', 'apple', 'unheard-of'])
    expect((await registerPasskey(site.anns, createAuthenticator(), {}, { fmt, attStmt })).status).toBe(303)
  const credential = { clientExtensionResults: { credProps: { rk: 'yes' }, prf: { enabled: true }, is_admin: true } }
  expect((await registerPasskey(site.anns, createAuthenticator(), {}, { credential })).status).toBe(303)
})

test('W-14: a passkey is added and removed only after a fresh login', async () => {
  const site = await annWithPasskey()
  const stale = await site.as(site.users.ann, { fresh: false })
  for (const answer of [
    await stale.get('/settings/security/passkeys/new'),
    await stale.post('/settings/security/passkeys'),
    await stale.post(`/settings/security/passkeys/${site.passkey.id}/remove`),
  ])
    expect([answer.status, answer.to?.startsWith('/relogin')]).toEqual([303, true])
  expect(await passkeys(site)).toHaveLength(1)
})

test('W-15: broken, deep and large CBOR is refused without an error of the server', async () => {
  const site = await annFresh()
  const { passkey } = await annWithPasskey()
  const blobs: [string, Buffer][] = [
    ['40 KB of arrays', Buffer.alloc(40_000, 0x81)],
    ['4 KB of arrays', Buffer.alloc(4096, 0x81)],
    ['4 KB of maps', Buffer.alloc(4096, 0xa1)],
    ['endless text', Buffer.alloc(4096, 0x7f)],
    ['a map without authData', encodeCbor(new Map([['fmt', 'none']]))],
    ['authData as text', encodeCbor(new Map([['authData', 'x']]))],
    ['short authData', encodeCbor(new Map<unknown, unknown>([['authData', Buffer.alloc(10)]]))],
    ['nothing', Buffer.alloc(0)],
    ['random', randomBytes(2000)],
  ]
  for (const [what, blob] of blobs) {
    await liftLimits(site)
    const attestationObject = blob.toString('base64url')
    const changes = { response: { attestationObject } }
    const answer = await registerPasskey(site.anns, createAuthenticator(), {}, changes)
    expect([what, answer.status]).toEqual([what, 422])
    const login = await logInWithPasskey(
      site.browser(),
      passkey,
      {},
      { response: { authenticatorData: attestationObject } },
    )
    expect([what, login.status]).toEqual([what, 422])
  }
})

test('W-15: an answer of an allowed shape is refused if one of its parts is too large', async () => {
  const padding = 'x'.repeat(2100)
  // All of them are right, apart from their size.
  const statement = (bytes: number): Changes => ({ attStmt: new Map([['sig', Buffer.alloc(bytes)]]) })
  await expectNoPasskey([
    ['5 KB of attestation', statement(5000)],
    ['2 KB of client data', { clientData: { padding } }],
  ])
  const { anns } = await annFresh()
  expect((await registerPasskey(anns, createAuthenticator(), {}, statement(3000))).status).toBe(303)

  const site = await annWithPasskey()
  await expectNoLogin(site, [['2 KB of client data', { clientData: { padding } }]])
  const credential = JSON.parse(await assertionFor(site.browser(), site.passkey))
  const { response } = credential
  const id = 'A'.repeat(1365)
  for (const changed of [
    { ...credential, response: { ...response, authenticatorData: 'A'.repeat(1368) } },
    { ...credential, response: { ...response, signature: 'A'.repeat(1368) } },
    { ...credential, id, rawId: id },
    { ...credential, padding: 'x'.repeat(12 * 1024) },
  ])
    expect(parseAssertion(JSON.stringify(changed))).toBeUndefined()
  expect(parseAssertion(JSON.stringify(credential))).toBeDefined()
})

test('W-15: authenticator data with bytes behind its end is refused', async () => {
  const trailing = Buffer.from([0])
  await expectNoPasskey([['one byte', { trailing }]])
  await expectNoLogin(await annWithPasskey(), [['one byte', { trailing }]])
})

test('a field that is no credential is refused, and costs no attempt', async () => {
  const site = await annWithPasskey()
  const good = JSON.parse(await assertionFor(site.browser(), site.passkey))
  const fields: [string, unknown][] = [
    ['empty', ''],
    ['text', 'x'],
    ['null', null],
    ['a list', [good]],
    ['a number as id', { ...good, id: 1, rawId: 1 }],
    ['another rawId', { ...good, rawId: `${good.id}A` }],
    ['an id with padding', { ...good, id: `${good.id}=`, rawId: `${good.id}=` }],
    ['another type', { ...good, type: 'password' }],
    ['no response', { ...good, response: undefined }],
    ['a response as text', { ...good, response: 'x' }],
    ['a signature as a list', { ...good, response: { ...good.response, signature: ['x'] } }],
    ['a long signature', { ...good, response: { ...good.response, signature: 'A'.repeat(1368) } }],
    ['long client data', { ...good, response: { ...good.response, clientDataJSON: 'A'.repeat(2736) } }],
    ['13 KB', { ...good, padding: 'x'.repeat(13_000) }],
  ]
  for (const [what, field] of fields) {
    const assertion = typeof field === 'string' ? field : JSON.stringify(field)
    expect([what, (await postAssertion(site.browser(), assertion)).status]).toEqual([what, 422])
  }
  expect((await dumpDatabase(site)).rate_limit_hits).toEqual([])
  expect((await postAssertion(site.browser(), JSON.stringify(good))).status).toBe(303)
})

test('transports with markup are not stored, and transports that are no list are refused', async () => {
  const { anns, ...site } = await annFresh()
  const markup = ['usb', '"><script>alert(1)</script>', 'internal', 7]
  expect((await registerPasskey(anns, createAuthenticator({ transports: markup }))).status).toBe(303)
  expect((await passkeys(site))[0]?.transports).toBe('usb internal')
  for (const transports of ['usb', { 0: 'usb' }, Array(7).fill('usb')])
    expect((await registerPasskey(anns, createAuthenticator({ transports }))).status).toBe(422)
})

test('of twenty uses of one assertion at once, one counts', async () => {
  const site = await annWithPasskey({}, undefined, { counter: 1 })
  const assertion = await assertionFor(site.browser(), site.passkey)
  const answers = await Promise.all(Array.from({ length: 20 }, () => postAssertion(site.browser(), assertion)))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 303)).toHaveLength(1)
  expect((await dumpDatabase(site)).sessions).toHaveLength(1)
  expect((await passkeys(site))[0]?.flagged_at).toBeNull()
})

test('an answer of a deactivated, secured or deleted user is refused', async () => {
  for (const values of [{ deactivated_at: 1 }, { secured_at: 1 }, { deletion_at: 1 }]) {
    const site = await annWithPasskey()
    await site.deps.db.updateTable('users').set(values).where('id', '=', site.users.ann.id).execute()
    const answer = await logInWithPasskey(site.browser(), site.passkey)
    expect([answer.status, answer.html.includes('data-unknown')]).toEqual([422, false])
  }
})

test.each([
  ['removed', ({ deps }: Pick<Site, 'deps'>) => deps.db.deleteFrom('passkeys').execute()],
  ['blocked', ({ deps }: Pick<Site, 'deps'>) => deps.db.updateTable('passkeys').set({ flagged_at: 1 }).execute()],
] as const)('a passkey that is %s while its answer is checked starts no session', async (_, change) => {
  const site = await annWithPasskey()
  const input = {
    assertion: await assertionFor(site.browser(), site.passkey),
    purpose: 'login',
    requireUserVerification: true,
  } as const
  const verified = await verifyAssertion(site.deps, input, CLIENT)
  await change(site)
  expect(verified.kind === 'ok' && (await verified.use(site.deps))).toBe(false)
})

test('twenty failures in ten minutes stop the answers of a source, and right answers do not count', async () => {
  const site = await annWithPasskey()
  for (let i = 0; i < 20; i++) {
    expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
    await logInWithPasskey(site.browser(), site.passkey, {}, { flags: { uv: false } })
  }
  const answer = await logInWithPasskey(site.browser(), site.passkey)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '600'])
  site.advance(minutes(10))
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(303)
})

test('ten refused registrations in an hour stop those of the account', async () => {
  const { anns, advance } = await annFresh()
  for (let i = 0; i < 10; i++)
    await registerPasskey(anns, createAuthenticator(), {}, { clientData: { type: 'webauthn.get' } })
  expect((await registerPasskey(anns, createAuthenticator())).status).toBe(429)
  advance(minutes(4))
  expect((await registerPasskey(anns, createAuthenticator())).status).toBe(429)
})

test('a passkey of another PASSKEY_DOMAIN is refused and counts as no factor', async () => {
  const site = await annWithPasskey()
  await turnOnTwoStep(site, site.users.ann)
  await site.deps.db.updateTable('passkeys').set({ rp_id: 'old.example' }).execute()
  expect((await logInWithPasskey(site.browser(), site.passkey)).status).toBe(422)
  const options = await requestOptions(site.deps, { purpose: 'second-step', binding: '', user: site.users.ann })
  expect(options.allowCredentials).toEqual([])
  expect(await countForeignPasskeys(site.deps)).toEqual({ passkeys: 1, lockedOutUsers: 1 })
  await addCodes(site, site.users.ann)
  expect(await countForeignPasskeys(site.deps)).toEqual({ passkeys: 1, lockedOutUsers: 0 })
})

test('a user with an authenticator app is not locked out by another PASSKEY_DOMAIN', async () => {
  const site = await annWithPasskey()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await site.deps.db.updateTable('passkeys').set({ rp_id: 'old.example' }).execute()
  expect(await countForeignPasskeys(site.deps)).toEqual({ passkeys: 1, lockedOutUsers: 0 })
})

test('passkeys do not exist where they cannot work', async () => {
  for (const APP_URL of ['http://192.0.2.1', 'http://127.0.0.1', 'http://app.example']) {
    const site = await annAndEve({ APP_URL })
    const anns = await site.as(site.users.ann)
    const answers = [
      await site.browser().get('/login/passkey'),
      await postAssertion(site.browser(), '{}'),
      await anns.get('/settings/security/passkeys/new'),
      await anns.post('/settings/security/passkeys'),
    ]
    expect([APP_URL, answers.map(({ status }) => status)]).toEqual([APP_URL, [404, 404, 404, 404]])
    expect((await anns.get('/settings/security')).html).toContain(
      `Passkeys need HTTPS and a domain name. This site runs at ${APP_URL}.`,
    )
  }
})

test('a login by passkey is one of two factors, is fresh, and names the method in its event', async () => {
  const site = await annWithPasskey()
  await turnOnTwoStep(site, site.users.ann)
  const anns = site.browser()
  expect((await logInWithPasskey(anns, site.passkey, { next: '/settings/password' })).to).toBe('/settings/password')
  expect((await anns.get('/settings/password')).status).toBe(200)
  const [session] = (await dumpDatabase(site)).sessions ?? []
  expect(session).toMatchObject({ amr: 'passkey', started_by: 'passkey', passkey_id: site.passkey.id })
  expect(session?.second_factor_at).toBe(site.deps.now())
  expect(site.events.find(({ kind }) => kind === 'logged-in')).toMatchObject({ amr: 'passkey' })
})

test('an unsafe return path is refused before the passkey is checked', async () => {
  const site = await annWithPasskey()
  const assertion = await assertionFor(site.browser(), site.passkey)
  const answer = await site.browser().post('/login/passkey', { assertion, next: 'https://evil.example' })
  expect(answer.status).toBe(400)
  expect((await postAssertion(site.browser(), assertion)).status).toBe(303)
})

test('a login by passkey remembers the device if the user asked for it', async () => {
  const site = await annWithPasskey()
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey, { remember: 'yes' })
  expect(anns.jar.has('remember')).toBe(true)
  anns.close()
  expect((await anns.get('/dashboard')).status).toBe(200)
})

test('a user who is logged in continues in the account of the passkey', async () => {
  const site = await annWithPasskey()
  const browser = await site.as(site.users.eve)
  expect((await logInWithPasskey(browser, site.passkey)).to).toBe('/profile')
  expect((await browser.get('/profile')).html).toContain('Welcome, Ann!')
})
