import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import {
  claimSavedRequest,
  saveRequest,
  deleteClaimedRequest,
  discardSavedRequests,
  hasSavedRequest,
  listSavedRequests,
  releaseClaimedRequest,
  consumeSavedRequest,
  type SavedRequest,
} from '@/model/saved-requests/saved-requests'
import { annAndEve } from '../../support/people'

const FORM: SavedRequest = { method: 'POST', path: '/profile?x=1', fields: [['name', 'Ann Lee']] }

async function annsSavedRequest(request: SavedRequest = FORM) {
  const { deps, users, advance } = await annAndEve()
  const key = { user: users.ann, secret: 'ann’s cookie' }
  const isSaved = await saveRequest(deps, key, request)
  const row = () =>
    deps.db.selectFrom('saved_requests').selectAll().orderBy('created_at', 'desc').executeTakeFirstOrThrow()
  return { deps, users, advance, key, isSaved, row }
}

const fieldOf = (value: string): SavedRequest => ({ ...FORM, fields: [['name', value]] })

test('a saved request is returned unchanged to its user', async () => {
  const fields: SavedRequest['fields'] = [
    ['name', 'Ann “Lee” 🗝\r\n'],
    ['scopes', 'a'],
    ['scopes', 'b'],
    ['', ''],
  ]
  const { deps, key } = await annsSavedRequest({ ...FORM, fields })
  const [found] = await listSavedRequests(deps, key)
  expect(found).toMatchObject({ ...FORM, fields, created_at: deps.now() })
  expect(await consumeSavedRequest(deps, key, found?.id)).toEqual(found)
  expect([await listSavedRequests(deps, key), await hasSavedRequest(deps, key)]).toEqual([[], false])
})

test('the same form has a different ciphertext each time, which does not reveal its content', async () => {
  const { deps, key, row } = await annsSavedRequest()
  await saveRequest(deps, key, FORM)
  const rows = await deps.db.selectFrom('saved_requests').selectAll().execute()
  expect(new Set(rows.flatMap(({ id, ciphertext }) => [id, ciphertext])).size).toBe(4)
  const text = Buffer.from((await row()).ciphertext, 'base64url').toString('latin1') + JSON.stringify(rows)
  expect(text).not.toMatch(/Ann Lee|profile|POST|ann’s cookie/)
})

test('another secret or another user can neither list nor consume a saved request', async () => {
  const { deps, users, key, row } = await annsSavedRequest()
  const { id } = await row()
  for (const otherKey of [
    { ...key, secret: 'eve’s cookie' },
    { ...key, secret: '' },
    { ...key, user: users.eve },
  ]) {
    expect([await listSavedRequests(deps, otherKey), await hasSavedRequest(deps, otherKey)]).toEqual([[], false])
    expect([await consumeSavedRequest(deps, otherKey, id), await consumeSavedRequest(deps, otherKey)]).toEqual([
      undefined,
      undefined,
    ])
  }
  expect(await consumeSavedRequest(deps, key, id)).toMatchObject(FORM)
})

test('a ciphertext that was changed in the database cannot be decrypted and causes no error', async () => {
  const { deps, key, row } = await annsSavedRequest()
  await saveRequest(deps, key, fieldOf('Ann the Second'))
  const { id, ciphertext } = await row()
  const bytes = Buffer.from(ciphertext, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
  await deps.db
    .updateTable('saved_requests')
    .set({ ciphertext: bytes.toString('base64url') })
    .where('id', '=', id)
    .execute()
  expect(await listSavedRequests(deps, key)).toHaveLength(1)
  expect(await consumeSavedRequest(deps, key, id)).toBeUndefined()
})

test('a saved request expires after exactly 15 minutes', async () => {
  const { deps, key, advance, row } = await annsSavedRequest()
  const { id } = await row()
  advance(minutes(15) - 1)
  expect([(await listSavedRequests(deps, key)).length, await hasSavedRequest(deps, key)]).toEqual([1, true])
  advance(1)
  expect([await listSavedRequests(deps, key), await hasSavedRequest(deps, key)]).toEqual([[], false])
  expect([await consumeSavedRequest(deps, key, id), await consumeSavedRequest(deps, key)]).toEqual([
    undefined,
    undefined,
  ])
})

test('a saved request can be consumed one millisecond before it expires', async () => {
  const { deps, key, advance } = await annsSavedRequest()
  advance(minutes(15) - 1)
  expect(await consumeSavedRequest(deps, key)).toMatchObject(FORM)
})

test('expired saved requests are deleted when any user saves another one', async () => {
  const { deps, users, advance, row } = await annsSavedRequest()
  const eves = { user: users.eve, secret: 'eve’s cookie' }
  const { id } = await row()
  advance(minutes(15) - 1)
  await saveRequest(deps, eves, FORM)
  const ids = async () => (await deps.db.selectFrom('saved_requests').select('id').execute()).map((one) => one.id)
  expect(await ids()).toContain(id)
  advance(1)
  await saveRequest(deps, eves, FORM)
  expect(await ids()).not.toContain(id)
  expect(await ids()).toHaveLength(2)
})

const empty = Buffer.byteLength(JSON.stringify({ ...fieldOf(''), omitted: [] }))
const MAX_VALUE = 64 * 1024 - empty

test.each([
  ['letters', 'x'.repeat(MAX_VALUE), true],
  ['one letter more', 'x'.repeat(MAX_VALUE + 1), false],
  ['characters of four bytes', '🗝'.repeat(MAX_VALUE / 4), true],
  ['one such character more', '🗝'.repeat(MAX_VALUE / 4 + 1), false],
])('at most 64 KiB are saved: %s', async (_, value, isSaved) => {
  const site = await annsSavedRequest(fieldOf(value))
  expect(site.isSaved).toBe(isSaved)
  expect((await listSavedRequests(site.deps, site.key)).map(({ fields }) => fields[0]?.[1] === value)).toEqual(
    isSaved ? [true] : [],
  )
})

test.each([
  'password',
  'new_password',
  'PassPhrase',
  'old-passwd',
  'token',
  'API_TOKEN',
  'client_secret',
  'otp',
  'otp_code',
  'newPassword',
  'clientSecret',
  'card[pin]',
])('a field named %s is not saved', async (name) => {
  const { deps, key } = await annsSavedRequest({ ...FORM, fields: [[name, 'hush'], ...FORM.fields] })
  expect((await listSavedRequests(deps, key))[0]?.fields).toEqual(FORM.fields)
  expect(await saveRequest(deps, key, { ...FORM, fields: [[name, 'hush']] })).toBe(false)
})

test('a form without fields is saved', async () => {
  const { deps, key, isSaved } = await annsSavedRequest({ ...FORM, fields: [] })
  expect([isSaved, (await listSavedRequests(deps, key)).length]).toEqual([true, 1])
})

test('ten saved requests are kept per browser, and the oldest are deleted', async () => {
  const { deps, key, advance } = await annsSavedRequest()
  for (let i = 1; i <= 10; i++) {
    advance(1)
    await saveRequest(deps, key, fieldOf(`Name ${i}`))
  }
  const names = (await listSavedRequests(deps, key)).map(({ fields }) => fields[0]?.[1])
  expect([names.length, names[0], names.at(-1)]).toEqual([10, 'Name 10', 'Name 1'])
})

test('saved requests of one browser cannot push out those of another browser', async () => {
  const { deps, users, key } = await annsSavedRequest()
  const attacker = (i: number) => ({ ...key, secret: `attacker ${i % 4}` })
  const saved = []
  for (let i = 0; i < 40; i++) saved.push(await saveRequest(deps, attacker(i), FORM))
  expect(saved).toContain(false)
  expect(await hasSavedRequest(deps, key)).toBe(true)
  expect(await saveRequest(deps, { user: users.eve, secret: 'eve’s cookie' }, FORM)).toBe(true)
})

test('deletion removes all saved requests of one browser, and no others', async () => {
  const { deps, users, key } = await annsSavedRequest()
  const eves = { user: users.eve, secret: 'eve’s cookie' }
  await saveRequest(deps, eves, FORM)
  await saveRequest(deps, { ...key, user: users.eve }, FORM)
  await discardSavedRequests(deps, key.secret)
  expect(await deps.db.selectFrom('saved_requests').select('user_id').execute()).toEqual([{ user_id: users.eve.id }])
  expect(await hasSavedRequest(deps, eves)).toBe(true)
})

test('one of twenty parallel requests consumes the saved request', async () => {
  const { deps, key, row } = await annsSavedRequest()
  const { id } = await row()
  const consumed = await Promise.all(
    Array.from({ length: 20 }, (_, i) => consumeSavedRequest(deps, key, i % 2 ? id : undefined)),
  )
  expect(consumed.filter((one) => one !== undefined)).toHaveLength(1)
})

test('one of twenty parallel claims wins, and the saved request is hidden meanwhile', async () => {
  const { deps, key, row } = await annsSavedRequest()
  const { id } = await row()
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, i) => claimSavedRequest(deps, key, i % 2 ? id : undefined)),
  )
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
  expect([await listSavedRequests(deps, key), await hasSavedRequest(deps, key)]).toEqual([[], false])
  expect(await consumeSavedRequest(deps, key, id)).toBeUndefined()
})

test('a claim of this process lasts until it is finished, and a finished one neither releases nor deletes another', async () => {
  const { deps, key, advance, row } = await annsSavedRequest()
  const first = await claimSavedRequest(deps, key)
  if (!first) throw new Error('the first claim failed')
  advance(minutes(14))
  expect(await claimSavedRequest(deps, key, first.id)).toBeUndefined()
  await releaseClaimedRequest(deps, first)
  advance(1)
  expect(await claimSavedRequest(deps, key, first.id)).toMatchObject(FORM)
  await deleteClaimedRequest(deps, first)
  expect((await row()).claimed_at).toBe(deps.now())
})

test('a claim of another process is taken over only by its time', async () => {
  const { deps, key, row } = await annsSavedRequest()
  const { id } = await row()
  await deps.db.updateTable('saved_requests').set({ claimed_at: 5 }).execute()
  expect(await listSavedRequests(deps, key)).toMatchObject([{ state: 'interrupted', claimed_at: 5 }])
  expect(await hasSavedRequest(deps, key)).toBe(true)
  for (const [wanted, time] of [[undefined], [id], [id, 4], [undefined, 4]] as const)
    expect(await claimSavedRequest(deps, key, wanted, time)).toBeUndefined()
  expect(await claimSavedRequest(deps, key, id, 5)).toMatchObject(FORM)
  expect(await claimSavedRequest(deps, key, id, 5)).toBeUndefined()
})

test('a claim of another process is interrupted after exactly one minute', async () => {
  const { deps, key, advance } = await annsSavedRequest()
  const claimed_at = deps.now()
  await deps.db.updateTable('saved_requests').set({ claimed_at }).execute()
  advance(minutes(1) - 1)
  expect(await listSavedRequests(deps, key)).toMatchObject([{ state: 'elsewhere' }])
  expect(await claimSavedRequest(deps, key, undefined, claimed_at)).toBeUndefined()
  expect(await consumeSavedRequest(deps, key)).toBeUndefined()
  advance(1)
  expect(await listSavedRequests(deps, key)).toMatchObject([{ state: 'interrupted' }])
  expect(await claimSavedRequest(deps, key)).toBeUndefined()
  expect(await claimSavedRequest(deps, key, undefined, claimed_at)).toMatchObject(FORM)
})

test('a released claim can be claimed again, and a deleted one cannot', async () => {
  const { deps, key } = await annsSavedRequest()
  for (const finish of [releaseClaimedRequest, deleteClaimedRequest]) {
    const claim = await claimSavedRequest(deps, key)
    if (!claim) throw new Error('the claim failed')
    await finish(deps, claim)
  }
  expect(await claimSavedRequest(deps, key)).toBeUndefined()
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toEqual([])
})

test.each(['footprint', 'secretary', 'spin', 'opinion', 'topping', 'postcode'])(
  'a field named %s is saved',
  async (name) => {
    const { deps, key } = await annsSavedRequest({ ...FORM, fields: [[name, 'plain']] })
    expect((await listSavedRequests(deps, key)).map(({ fields, omitted }) => [fields, omitted])).toEqual([
      [[[name, 'plain']], []],
    ])
  },
)

test.each(['code', 'recovery_code', 'recoveryCode', 'recovery-code', 'assertion', 'attestation'])(
  'a field named %s is not saved',
  async (name) => {
    const fields: [string, string][] = [
      [name, 'secret'],
      ['name', 'plain'],
    ]
    const { deps, key } = await annsSavedRequest({ ...FORM, fields })
    expect((await listSavedRequests(deps, key)).map(({ fields, omitted }) => [fields, omitted])).toEqual([
      [[['name', 'plain']], [name]],
    ])
  },
)
