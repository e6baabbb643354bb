import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import {
  addRecoveryCodes,
  consumeRecoveryCode,
  countRecoveryCodes,
  createRecoveryCodes,
  findRecoveryCodes,
  hashRecoveryCode,
  hasRecoveryCode,
  saveRecoveryCodes,
} from '@/model/recovery-codes/recovery-codes'
import type { User } from '@/model/types'
import { keyRing } from '../../support/key-rings'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { annAndEve } from '../../support/people'
import { addCodes } from '../../support/second-factors'
import type { Site } from '../../support/site'

type Deps = Site['deps']

/** Checks the code and uses it up. */
async function enter(deps: Deps, user: User, text: string) {
  const hash = await hashRecoveryCode(deps, user, text)
  return hash === undefined
    ? undefined
    : inTransaction(deps, (deps) => consumeRecoveryCode(deps, user, hash), { locks: userLocks(user) })
}

async function create(deps: Deps, user: User) {
  const set = await createRecoveryCodes(deps)
  await inTransaction(deps, (deps) => addRecoveryCodes(deps, user, set), { locks: userLocks(user) })
  return set
}

const save = (deps: Deps, user: User, setId?: string) =>
  inTransaction(deps, (deps) => saveRecoveryCodes(deps, user, setId), { locks: userLocks(user) })

test('each of ten codes works once', async () => {
  const site = await annAndEve()
  const codes = await addCodes(site, site.users.ann)
  expect(codes).toHaveLength(10)
  for (const [i, code] of codes.entries())
    expect(await enter(site.deps, site.users.ann, code.toUpperCase())).toEqual({ left: 9 - i })
  for (const code of codes) expect(await enter(site.deps, site.users.ann, code)).toBeUndefined()
  expect(await findRecoveryCodes(site.deps, site.users.ann)).toMatchObject({ left: 0 })
})

test('of 20 parallel uses of one code one succeeds', async () => {
  const site = await annAndEve()
  const [code = ''] = await addCodes(site, site.users.ann)
  const used = await Promise.all(Array.from({ length: 20 }, () => enter(site.deps, site.users.ann, code)))
  expect(used.filter(Boolean)).toEqual([{ left: 9 }])
})

test('a check uses nothing up', async () => {
  const site = await annAndEve()
  const [code = ''] = await addCodes(site, site.users.ann)
  const hash = (await hashRecoveryCode(site.deps, site.users.ann, code)) ?? ''
  expect(await hasRecoveryCode(site.deps, site.users.ann, hash)).toBe(true)
  expect(await hasRecoveryCode(site.deps, site.users.eve, hash)).toBe(false)
  expect(await countRecoveryCodes(site.deps, site.users.ann)).toBe(10)
})

test('the code of a user is no code of another user', async () => {
  const site = await annAndEve()
  const [code = ''] = await addCodes(site, site.users.ann)
  await addCodes(site, site.users.eve)
  expect(await enter(site.deps, site.users.eve, code)).toBeUndefined()
})

test('a new set counts only when it is saved, and the old one until then', async () => {
  const site = await annAndEve()
  const { ann } = site.users
  const [first = '', second = ''] = await addCodes(site, ann)
  const { codes } = await create(site.deps, ann)
  expect(await enter(site.deps, ann, codes[0] ?? '')).toBeUndefined()
  expect(await enter(site.deps, ann, first)).toEqual({ left: 9 })
  expect(await save(site.deps, ann)).toBe(true)
  expect(await enter(site.deps, ann, second)).toBeUndefined()
  expect(await enter(site.deps, ann, codes[0] ?? '')).toEqual({ left: 9 })
})

test('the hash of a code that is not saved uses nothing up', async () => {
  const site = await annAndEve()
  const { hashes } = await create(site.deps, site.users.ann)
  const consume = () => consumeRecoveryCode(site.deps, site.users.ann, hashes[0] ?? '')
  expect(await consume()).toBeUndefined()
  await save(site.deps, site.users.ann)
  expect(await consume()).toEqual({ left: 9 })
})

test('a set can be saved for 15 minutes', async () => {
  const site = await annAndEve()
  await create(site.deps, site.users.ann)
  site.advance(minutes(15))
  expect(await save(site.deps, site.users.ann)).toBe(false)
  await create(site.deps, site.users.ann)
  site.advance(minutes(15) - 1)
  expect(await save(site.deps, site.users.ann)).toBe(true)
})

test('a set that another tab has replaced cannot be saved', async () => {
  const site = await annAndEve()
  const { setId } = await create(site.deps, site.users.ann)
  const newer = await create(site.deps, site.users.ann)
  expect(await save(site.deps, site.users.ann, setId)).toBe(false)
  expect(await save(site.deps, site.users.eve, newer.setId)).toBe(false)
  expect(await save(site.deps, site.users.ann, newer.setId)).toBe(true)
  expect(await countRecoveryCodes(site.deps, site.users.ann)).toBe(10)
})

test('the codes of a set share one salt, and no code is stored', async () => {
  const site = await annAndEve()
  const codes = await addCodes(site, site.users.ann)
  await addCodes(site, site.users.eve)
  const rows = await site.deps.db.selectFrom('recovery_codes').selectAll().execute()
  expect(new Set(rows.map(({ salt }) => salt)).size).toBe(2)
  const dump = JSON.stringify(rows)
  for (const code of codes) expect(dump).not.toContain(code.replaceAll('-', ''))
})

test('a set made with an older key of the ring works until the key is removed', async () => {
  const site = await annAndEve()
  const [first = '', second = ''] = await addCodes(site, site.users.ann)
  expect(await enter({ ...site.deps, keys: keyRing(1, 0) }, site.users.ann, first)).toEqual({ left: 9 })
  expect(await enter({ ...site.deps, keys: keyRing(1) }, site.users.ann, second)).toBeUndefined()
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'recovery code failed: SECRET_KEYS lacks its key' }])
})

test('without the key ring a stolen database is not enough to try out codes', async () => {
  const site = await annAndEve()
  const [code = ''] = await addCodes(site, site.users.ann)
  const hash = await hashRecoveryCode(site.deps, site.users.ann, code)
  const hmac = () => keyRing(1).hmac('recovery', code)
  const stolen = { ...site.deps, keys: { ...keyRing(1), hasKey: () => true, hmac } }
  const tried = await hashRecoveryCode(stolen, site.users.ann, code)
  expect([typeof tried, tried === hash]).toEqual(['string', false])
})

test('a full queue uses nothing up', async () => {
  const site = await annAndEve()
  const [code = ''] = await addCodes(site, site.users.ann)
  const deps = { ...site.deps, hashQueue: { run: () => Promise.reject(new Error('queue full')) } }
  expect(enter(deps, site.users.ann, code)).rejects.toThrow('queue full')
  expect(createRecoveryCodes(deps)).rejects.toThrow('queue full')
  expect(await countRecoveryCodes(site.deps, site.users.ann)).toBe(10)
})

test('text that is no code costs no hash', async () => {
  const site = await annAndEve()
  await addCodes(site, site.users.ann)
  const deps = { ...site.deps, hashQueue: { run: () => Promise.reject(new Error('a hash was computed')) } }
  for (const text of ['', '123456', 'x'.repeat(10_000)])
    expect(await hashRecoveryCode(deps, site.users.ann, text)).toBeUndefined()
})
