import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { chooseSurplus } from '@/model/saved-requests/caps'
import {
  claimSavedRequest,
  consumeSavedRequest,
  deleteDiscardedRequest,
  discardSavedRequests,
  hasSavedRequest,
  listDiscardedRequests,
  listSavedRequests,
  saveRequest,
  type SavedRequest,
} from '@/model/saved-requests/saved-requests'
import type { User } from '@/model/types'
import { annAndEve } from '../../support/people'

const FORM: SavedRequest = { method: 'POST', path: '/profile', fields: [['name', 'Ann Lee']] }

type Caps = { perBrowser: number; perUser: number; inTotal: number }
type Sender = { user: Pick<User, 'id'>; source?: string; secret?: string }

async function siteWithCaps(caps: Partial<Caps> = {}) {
  const { deps, users, advance } = await annAndEve()
  Object.assign(deps.config.rowCaps.savedRequests, caps)
  let saved = 0
  /** Each form comes from a browser of its own, because an attacker keeps no cookie. */
  const save = ({ user, source, secret = `browser ${++saved}` }: Sender) => {
    advance(1)
    return saveRequest(deps, { user, secret }, FORM, { source })
  }
  const createUsers = async (n: number) => {
    const user = await deps.db.selectFrom('users').selectAll().limit(1).executeTakeFirstOrThrow()
    const rows = Array.from({ length: n }, (_, i) => ({
      ...user,
      id: `user ${i}`,
      canonical_email: `${i}@example.test`,
    }))
    await deps.db.insertInto('users').values(rows).execute()
    return rows
  }
  const waiting = async (user: Pick<User, 'id'>) =>
    (
      await deps.db
        .selectFrom('saved_requests')
        .select('id')
        .where('user_id', '=', user.id)
        .where('discarded_reason', 'is', null)
        .execute()
    ).length
  const rows = async () => (await deps.db.selectFrom('saved_requests').select('id').execute()).length
  /** As if each request of created users had been saved this many times more. A save each would take minutes. */
  const repeatSaved = async (times: number) => {
    const saved = deps.db.selectFrom('saved_requests').selectAll().where('user_id', 'like', 'user %')
    const rows = await saved.orderBy('created_at').execute()
    for (let i = 0; i < times; i++) {
      const copies = rows.map((row) => {
        advance(1)
        return { ...row, id: `${row.id} ${i}`, key_hash: `${row.key_hash} ${i}`, created_at: deps.now() }
      })
      await deps.db.insertInto('saved_requests').values(copies).execute()
    }
  }
  return { deps, users, advance, save, repeatSaved, createUsers, waiting, rows }
}

const anns = { secret: 'ann’s cookie', source: '198.51.100.1' }
const eves = { secret: 'eve’s cookie', source: '198.51.100.2' }

const floods: [string, (i: number) => string][] = [
  ['one source', () => '192.0.2.1'],
  ['one IPv6 network', (i) => `2001:db8:0:${i.toString(16)}::/64`],
  ['an own source each', (i) => `192.0.2.${i}`],
  ['the source of the others', () => anns.source],
]

test.each(floods)('36 accounts with %s push out no saved request of other users', async (_, sourceOf) => {
  const { deps, users, save, repeatSaved, createUsers, waiting, rows } = await siteWithCaps()
  for (let i = 0; i < 10; i++) await save({ user: users.ann, ...anns })
  await save({ user: users.eve, ...eves })
  const attackers = await createUsers(36)
  const flood = async () => {
    for (const [n, user] of attackers.entries()) await save({ user, source: sourceOf(n) })
  }
  await flood()
  await repeatSaved(26)
  expect(await rows()).toBe(36 * 27 + 11)
  for (let i = 0; i < 3; i++) await flood()
  expect([await waiting(users.ann), await waiting(users.eve)]).toEqual([10, 1])
  expect(await save({ user: users.eve, ...eves })).toBe(true)
  expect(await waiting(users.eve)).toBe(2)
  expect(await listDiscardedRequests(deps, { user: users.ann, secret: anns.secret })).toEqual([])
})

test('hundreds of accounts of one source push out no saved request of a user with more of them', async () => {
  const { users, save, createUsers, waiting } = await siteWithCaps({ inTotal: 100 })
  for (let i = 0; i < 10; i++) await save({ user: users.ann, ...anns })
  const attackers = await createUsers(200)
  for (const user of attackers) await save({ user, source: '192.0.2.1' })
  expect(await waiting(users.ann)).toBe(10)
})

test('a source with many users loses nothing to users of other sources who have more', async () => {
  const { save, createUsers, waiting } = await siteWithCaps({ inTotal: 100 })
  const pupils = await createUsers(30)
  const others = pupils.splice(20)
  for (const user of pupils) await save({ user, source: '198.51.100.7' })
  for (let i = 0; i < 30; i++) for (const [n, user] of others.entries()) await save({ user, source: `192.0.2.${n}` })
  for (const user of pupils) expect(await waiting(user)).toBe(1)
})

test('what is saved stays saved if many accounts with one saved request each fill the table', async () => {
  const { users, save, createUsers, waiting } = await siteWithCaps({ inTotal: 50 })
  await save({ user: users.ann, ...anns })
  const attackers = await createUsers(200)
  const saved = []
  for (const [n, user] of attackers.entries()) saved.push(await save({ user, source: `192.0.2.${n}` }))
  expect(await waiting(users.ann)).toBe(1)
  expect(saved.filter(Boolean)).toHaveLength(49)
})

test('within one account the source with the most gives way, so that a stolen cookie blocks no saving', async () => {
  const { users, save, waiting, deps } = await siteWithCaps()
  for (let i = 0; i < 50; i++) await save({ user: users.ann, source: '192.0.2.1' })
  expect(await waiting(users.ann)).toBe(30)
  for (let i = 0; i < 10; i++) expect(await save({ user: users.ann, ...anns })).toBe(true)
  expect(await waiting(users.ann)).toBe(30)
  expect(await listSavedRequests(deps, { user: users.ann, secret: anns.secret })).toHaveLength(10)
})

test('the row that gives way is of a source with most rows, or of the user with the most', () => {
  let seed = 1
  const random = (max: number) => (seed = (seed * 48_271) % 2_147_483_647) % max
  for (let round = 0; round < 500; round++) {
    const [users, sources] = [1 + random(8), 1 + random(8)]
    const rows = Array.from({ length: 2 + random(40) }, (_, i) => ({
      id: `${i}`,
      user_id: `${random(users)}`,
      key_hash: '',
      source_hash: `${random(random(2) ? sources : 1)}`,
      created_at: random(5),
    }))
    const surplus = chooseSurplus(rows, rows.length - 1, { id: `${rows.length - 1}` })
    const count = (column: 'user_id' | 'source_hash', value?: string) =>
      rows.filter((row) => row[column] === value).length
    const largest = Math.max(...rows.map(({ source_hash }) => count('source_hash', source_hash)))
    const candidates =
      largest * 2 > rows.length ? rows.filter((row) => count('source_hash', row.source_hash) === largest) : rows
    const most = Math.max(...candidates.map(({ user_id }) => count('user_id', user_id)))
    expect(candidates.map(({ id }) => id)).toContain(surplus?.id ?? '')
    expect(count('user_id', surplus?.user_id)).toBe(most)
    expect(chooseSurplus(rows, rows.length, { id: '0' })).toBeUndefined()
  }
})

/** `user source time`, in which the last row was added. */
const choices: [rule: string, rows: string[], surplus: string][] = [
  [
    'the source with more than half',
    ['ann home 1', 'ann home 2', 'a x 3', 'b x 4', 'c x 5', 'd x 6', 'e y 7'],
    'd x 6',
  ],
  ['the user with the most', ['ann home 1', 'eve a 2', 'eve b 3', 'bob home 4', 'zoe c 5'], 'eve b 3'],
  ['of equal users, the source with the most', ['a x 1', 'b x 2', 'c y 3', 'd z 4', 'e w 5'], 'b x 2'],
  ['of equal sources, the newest', ['a x 1', 'b y 3', 'c z 2'], 'b y 3'],
  ['of equal times, the one that was added', ['a x 1', 'b y 1', 'c z 1'], 'c z 1'],
]

test.each(choices)('%s gives way', (_, texts, surplus) => {
  const rows = texts.map((id) => {
    const [user_id = '', source_hash = '', time] = id.split(' ')
    return { id, user_id, key_hash: '', source_hash, created_at: Number(time) }
  })
  expect(chooseSurplus(rows, rows.length - 1, { id: texts.at(-1) ?? '' })?.id).toBe(surplus)
})

test('the user of a discarded request is told once per browser, and no content of it is left', async () => {
  const { deps, users, save, advance } = await siteWithCaps({ inTotal: 3 })
  const key = { user: users.ann, secret: anns.secret }
  for (let i = 0; i < 5; i++) await save({ user: users.ann, ...anns })
  const discarded = await listDiscardedRequests(deps, key)
  expect(discarded).toEqual([{ id: expect.any(String), created_at: deps.now(), reason: 'too-many' }])
  const rows = deps.db.selectFrom('saved_requests').selectAll()
  expect(await rows.where('discarded_reason', 'is not', null).execute()).toMatchObject([{ ciphertext: '' }])
  expect(await listSavedRequests(deps, key)).toHaveLength(3)
  for (const other of [
    { ...key, secret: 'other' },
    { ...key, user: users.eve },
  ]) {
    expect(await listDiscardedRequests(deps, other)).toEqual([])
    expect(await deleteDiscardedRequest(deps, other, discarded[0]?.id ?? '')).toBe(false)
  }
  expect(await deleteDiscardedRequest(deps, key, discarded[0]?.id ?? '')).toBe(true)
  expect(await listDiscardedRequests(deps, key)).toEqual([])
  await save({ user: users.ann, ...anns })
  advance(minutes(15))
  expect([await listDiscardedRequests(deps, key), await hasSavedRequest(deps, key)]).toEqual([[], false])
})

test('a request that was discarded is neither listed, sent nor consumed, and a logout deletes its row', async () => {
  const { deps, users, save, rows } = await siteWithCaps({ inTotal: 1 })
  const key = { user: users.ann, secret: anns.secret }
  expect(await save({ user: users.eve, ...eves })).toBe(true)
  expect(await save({ user: users.ann, ...anns })).toBe(false)
  expect([await listSavedRequests(deps, key), await consumeSavedRequest(deps, key)]).toEqual([[], undefined])
  expect(await claimSavedRequest(deps, key)).toBeUndefined()
  expect([await hasSavedRequest(deps, key), await rows()]).toEqual([true, 2])
  await discardSavedRequests(deps, key.secret)
  expect(await rows()).toBe(1)
})

test('a request that is too large is reported to its user', async () => {
  const { deps, users } = await siteWithCaps()
  const key = { user: users.ann, secret: anns.secret }
  const large: SavedRequest = { ...FORM, fields: [['name', 'x'.repeat(64 * 1024)]] }
  expect(await saveRequest(deps, key, large)).toBe(false)
  expect(await listDiscardedRequests(deps, key)).toMatchObject([{ reason: 'too-large' }])
})

test('a flood of discarded requests has a cap, and the user with the most is no longer told', async () => {
  const { deps, users, save, rows } = await siteWithCaps({ inTotal: 20 })
  for (let i = 0; i < 25; i++) await save({ user: users.ann, ...anns })
  for (let i = 0; i < 200; i++) await save({ user: users.eve, source: '192.0.2.1' })
  expect(await rows()).toBeLessThanOrEqual(40)
  expect(await listDiscardedRequests(deps, { user: users.ann, secret: anns.secret })).toHaveLength(1)
})
