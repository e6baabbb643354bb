import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import {
  claimSavedRequest,
  saveRequest,
  deleteClaimedRequest,
  deleteSavedRequests,
  hasSavedRequest,
  listSavedRequests,
  releaseClaimedRequest,
  consumeSavedRequest,
  type SavedRequest,
} from '@/model/saved-requests/saved-requests'
import { annAndEve } from '../../support/people'

const FORM: SavedRequest = { method: 'POST', path: '/profile?x=1', fields: [['name', 'Ann Lee']] }

/** Ann's form is kept with the secret of her browser. */
async function annsDraft(draft: SavedRequest = FORM) {
  const { deps, users, advance } = await annAndEve()
  const keeper = { user: users.ann, secret: 'ann’s cookie' }
  const isKept = await saveRequest(deps, keeper, draft)
  const row = () =>
    deps.db.selectFrom('saved_requests').selectAll().orderBy('created_at', 'desc').executeTakeFirstOrThrow()
  return { deps, users, pass: advance, keeper, isKept, row }
}

const fieldOf = (value: string): SavedRequest => ({ ...FORM, fields: [['name', value]] })

test('what is kept comes back as it was, to who kept it', async () => {
  const fields: SavedRequest['fields'] = [
    ['name', 'Ann “Lee” 🗝\r\n'],
    ['scopes', 'a'],
    ['scopes', 'b'],
    ['', ''],
  ]
  const { deps, keeper } = await annsDraft({ ...FORM, fields })
  const [found] = await listSavedRequests(deps, keeper)
  expect(found).toMatchObject({ ...FORM, fields, created_at: deps.now() })
  expect(await consumeSavedRequest(deps, keeper, found?.id)).toEqual(found)
  expect([await listSavedRequests(deps, keeper), await hasSavedRequest(deps, keeper)]).toEqual([[], false])
})

test('the same form is ciphertext differently each time, and says nothing about what is in it', async () => {
  const { deps, keeper, row } = await annsDraft()
  await saveRequest(deps, keeper, FORM)
  const rows = await deps.db.selectFrom('saved_requests').selectAll().execute()
  expect(new Set(rows.flatMap(({ id, ciphertext }) => [id, ciphertext])).size).toBe(4)
  const text = Buffer.from((await row()).ciphertext, 'base64url').toString('latin1') + JSON.stringify(rows)
  expect(text).not.toMatch(/Ann Lee|profile|POST|ann’s cookie/)
})

test('another secret and another owner find nothing and take nothing', async () => {
  const { deps, users, keeper, row } = await annsDraft()
  const { id } = await row()
  for (const stranger of [
    { ...keeper, secret: 'eve’s cookie' },
    { ...keeper, secret: '' },
    { ...keeper, user: users.eve },
  ]) {
    expect([await listSavedRequests(deps, stranger), await hasSavedRequest(deps, stranger)]).toEqual([[], false])
    expect([await consumeSavedRequest(deps, stranger, id), await consumeSavedRequest(deps, stranger)]).toEqual([
      undefined,
      undefined,
    ])
  }
  expect(await consumeSavedRequest(deps, keeper, id)).toMatchObject(FORM)
})

test('a row that was changed by hand opens nothing, and breaks nothing', async () => {
  const { deps, keeper, row } = await annsDraft()
  await saveRequest(deps, keeper, fieldOf('Ann the Second'))
  const { id, ciphertext } = await row()
  const bytes = Buffer.from(ciphertext, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
  await deps.db
    .updateTable('saved_requests')
    .set({ ciphertext: bytes.toString('base64url') })
    .where('id', '=', id)
    .execute()
  expect(await listSavedRequests(deps, keeper)).toHaveLength(1)
  expect(await consumeSavedRequest(deps, keeper, id)).toBeUndefined()
})

test('it is kept for fifteen minutes, to the millisecond', async () => {
  const { deps, keeper, pass, row } = await annsDraft()
  const { id } = await row()
  pass(minutes(15) - 1)
  expect([(await listSavedRequests(deps, keeper)).length, await hasSavedRequest(deps, keeper)]).toEqual([1, true])
  pass(1)
  expect([await listSavedRequests(deps, keeper), await hasSavedRequest(deps, keeper)]).toEqual([[], false])
  expect([await consumeSavedRequest(deps, keeper, id), await consumeSavedRequest(deps, keeper)]).toEqual([
    undefined,
    undefined,
  ])
})

test('one millisecond before that it can be taken', async () => {
  const { deps, keeper, pass } = await annsDraft()
  pass(minutes(15) - 1)
  expect(await consumeSavedRequest(deps, keeper)).toMatchObject(FORM)
})

test('what nobody came back for is deleted with the next one that is kept, whoever’s it is', async () => {
  const { deps, users, pass, row } = await annsDraft()
  const eves = { user: users.eve, secret: 'eve’s cookie' }
  const { id } = await row()
  pass(minutes(15) - 1)
  await saveRequest(deps, eves, FORM)
  const ids = async () => (await deps.db.selectFrom('saved_requests').select('id').execute()).map((one) => one.id)
  expect(await ids()).toContain(id)
  pass(1)
  await saveRequest(deps, eves, FORM)
  expect(await ids()).not.toContain(id)
  expect(await ids()).toHaveLength(2)
})

const empty = Buffer.byteLength(JSON.stringify({ ...fieldOf(''), omitted: [] }))
const MOST = 64 * 1024 - empty

test.each([
  ['letters', 'x'.repeat(MOST), true],
  ['one letter more', 'x'.repeat(MOST + 1), false],
  ['signs of four bytes', '🗝'.repeat(MOST / 4), true],
  ['one such sign more', '🗝'.repeat(MOST / 4 + 1), false],
])('64 KiB are kept and no more: %s', async (_, value, isKept) => {
  const story = await annsDraft(fieldOf(value))
  expect(story.isKept).toBe(isKept)
  expect((await listSavedRequests(story.deps, story.keeper)).map(({ fields }) => fields[0]?.[1] === value)).toEqual(
    isKept ? [true] : [],
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
])('no field that is called %s is kept', async (name) => {
  const { deps, keeper } = await annsDraft({ ...FORM, fields: [[name, 'hush'], ...FORM.fields] })
  expect((await listSavedRequests(deps, keeper))[0]?.fields).toEqual(FORM.fields)
  expect(await saveRequest(deps, keeper, { ...FORM, fields: [[name, 'hush']] })).toBe(false)
})

test('a form without fields, a mere button, is kept', async () => {
  const { deps, keeper, isKept } = await annsDraft({ ...FORM, fields: [] })
  expect([isKept, (await listSavedRequests(deps, keeper)).length]).toEqual([true, 1])
})

test('ten are kept in a browser, and the oldest go', async () => {
  const { deps, keeper, pass } = await annsDraft()
  for (let i = 1; i <= 10; i++) {
    pass(1)
    await saveRequest(deps, keeper, fieldOf(`Name ${i}`))
  }
  const names = (await listSavedRequests(deps, keeper)).map(({ fields }) => fields[0]?.[1])
  expect([names.length, names[0], names.at(-1)]).toEqual([10, 'Name 10', 'Name 1'])
})

test('who fills up what is kept for a user does not push out what waits in another browser', async () => {
  const { deps, users, keeper } = await annsDraft()
  const thief = (i: number) => ({ ...keeper, secret: `thief ${i % 4}` })
  const kept = []
  for (let i = 0; i < 40; i++) kept.push(await saveRequest(deps, thief(i), FORM))
  expect(kept).toContain(false)
  expect(await hasSavedRequest(deps, keeper)).toBe(true)
  expect(await saveRequest(deps, { user: users.eve, secret: 'eve’s cookie' }, FORM)).toBe(true)
})

test('a browser’s drafts can be thrown away, whoever they are for, and no others', async () => {
  const { deps, users, keeper } = await annsDraft()
  const eves = { user: users.eve, secret: 'eve’s cookie' }
  await saveRequest(deps, eves, FORM)
  await saveRequest(deps, { ...keeper, user: users.eve }, FORM)
  await deleteSavedRequests(deps, keeper.secret)
  expect(await deps.db.selectFrom('saved_requests').select('user_id').execute()).toEqual([{ user_id: users.eve.id }])
  expect(await hasSavedRequest(deps, eves)).toBe(true)
})

test('of twenty who take it at once one gets it', async () => {
  const { deps, keeper, row } = await annsDraft()
  const { id } = await row()
  const taken = await Promise.all(
    Array.from({ length: 20 }, (_, i) => consumeSavedRequest(deps, keeper, i % 2 ? id : undefined)),
  )
  expect(taken.filter((one) => one !== undefined)).toHaveLength(1)
})

test('of twenty claims at once one wins, and the saved request is hidden meanwhile', async () => {
  const { deps, keeper, row } = await annsDraft()
  const { id } = await row()
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, i) => claimSavedRequest(deps, keeper, i % 2 ? id : undefined)),
  )
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
  expect([await listSavedRequests(deps, keeper), await hasSavedRequest(deps, keeper)]).toEqual([[], false])
  expect(await consumeSavedRequest(deps, keeper, id)).toBeUndefined()
})

test('a claim expires after 60 seconds, and then releases and deletes nothing', async () => {
  const { deps, keeper, pass, row } = await annsDraft()
  const first = await claimSavedRequest(deps, keeper)
  pass(seconds(60) - 1)
  expect(await claimSavedRequest(deps, keeper)).toBeUndefined()
  pass(1)
  expect(await claimSavedRequest(deps, keeper)).toMatchObject(FORM)
  if (!first) throw new Error('the first claim failed')
  await releaseClaimedRequest(deps, first)
  await deleteClaimedRequest(deps, first)
  expect((await row()).claimed_at).toBe(deps.now())
})

test('a released claim can be claimed again, and a deleted one cannot', async () => {
  const { deps, keeper } = await annsDraft()
  for (const finish of [releaseClaimedRequest, deleteClaimedRequest]) {
    const claim = await claimSavedRequest(deps, keeper)
    if (!claim) throw new Error('the claim failed')
    await finish(deps, claim)
  }
  expect(await claimSavedRequest(deps, keeper)).toBeUndefined()
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toEqual([])
})

test.each(['footprint', 'secretary', 'spin', 'opinion', 'topping', 'postcode'])(
  'a field that is called %s is no secret',
  async (name) => {
    const { deps, keeper } = await annsDraft({ ...FORM, fields: [[name, 'plain']] })
    expect((await listSavedRequests(deps, keeper)).map(({ fields, omitted }) => [fields, omitted])).toEqual([
      [[[name, 'plain']], []],
    ])
  },
)
