import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes, seconds } from '@/lib/duration'
import { totpCodeAt } from '@/lib/totp'
import {
  consumeAppCode,
  deleteApp,
  listApps,
  matchAppCode,
  renameApp,
} from '@/model/authenticator-apps/authenticator-apps'
import { resealApps } from '@/model/authenticator-apps/reseal'
import { checkSetupCode, confirmApp, createUnconfirmedApp, findUnconfirmedApp } from '@/model/authenticator-apps/set-up'
import type { User } from '@/model/types'
import { keyRing } from '../../support/key-rings'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { annAndEve } from '../../support/people'
import { addApp, annWithApp } from '../../support/second-factors'
import type { Site } from '../../support/site'

type Deps = Pick<Site, 'deps'>

/** Checks the code and uses it up. */
async function enter({ deps }: Deps, user: User, code: string) {
  const match = await matchAppCode(deps, user, code)
  return match !== undefined && inTransaction(deps, (deps) => consumeAppCode(deps, match), { locks: [] })
}

async function startSetup({ deps }: Deps, user: User) {
  await inTransaction(deps, (deps) => createUnconfirmedApp(deps, user), { locks: userLocks(user) })
  const app = await findUnconfirmedApp(deps, user)
  if (!app) throw new Error('the set-up did not start')
  return app
}

test('a code works once, and an earlier one does not work after it', async () => {
  const site = await annWithApp()
  const { ann } = site.users
  const earlier = site.app.code(-1)
  expect(await enter(site, ann, site.app.code())).toBe(true)
  expect(await enter(site, ann, site.app.code())).toBe(false)
  expect(await enter(site, ann, earlier)).toBe(false)
  site.advance(seconds(30))
  expect(await enter(site, ann, site.app.code())).toBe(true)
})

test('after the code of the next step, that of the present step does not work', async () => {
  const site = await annWithApp()
  const present = site.app.code()
  expect(await enter(site, site.users.ann, site.app.code(1))).toBe(true)
  expect(await enter(site, site.users.ann, present)).toBe(false)
})

test.each([-2, 2])('the code of step %d does not work', async (steps) => {
  const site = await annWithApp()
  expect(await matchAppCode(site.deps, site.users.ann, site.app.code(steps))).toBeUndefined()
})

test('of 20 parallel uses of one code one succeeds', async () => {
  const site = await annWithApp()
  const code = site.app.code()
  const used = await Promise.all(Array.from({ length: 20 }, () => enter(site, site.users.ann, code)))
  expect(used.filter(Boolean)).toHaveLength(1)
})

test('a clock that is set back by a day revives no code', async () => {
  const site = await annWithApp()
  expect(await enter(site, site.users.ann, site.app.code())).toBe(true)
  site.advance(-days(1))
  expect(await enter(site, site.users.ann, site.app.code())).toBe(false)
})

test('the code of a user is no code of another user', async () => {
  const site = await annWithApp()
  await addApp(site, site.users.eve)
  expect(await matchAppCode(site.deps, site.users.eve, site.app.code())).toBeUndefined()
})

test('an app that is not confirmed has no code, and the code of the set-up is used up', async () => {
  const site = await annAndEve()
  const { ann } = site.users
  const { id, secret } = await startSetup(site, ann)
  const code = totpCodeAt(secret, site.deps.now())
  expect(await matchAppCode(site.deps, ann, code)).toBeUndefined()
  const checked = await checkSetupCode(site.deps, ann, id, code)
  if (checked.kind !== 'ok') throw new Error(checked.kind)
  expect(await confirmApp(site.deps, ann, { appId: id, step: checked.step, name: 'Phone' })).toBe(true)
  expect(await matchAppCode(site.deps, ann, code)).toBeUndefined()
})

test('a set-up ends after 15 minutes', async () => {
  const site = await annAndEve()
  const { id, secret } = await startSetup(site, site.users.ann)
  const check = () => checkSetupCode(site.deps, site.users.ann, id, totpCodeAt(secret, site.deps.now()))
  site.advance(minutes(15) - 1)
  expect(await check()).toMatchObject({ kind: 'ok' })
  site.advance(1)
  expect(await check()).toEqual({ kind: 'gone' })
  expect(await findUnconfirmedApp(site.deps, site.users.ann)).toBeUndefined()
  expect(await confirmApp(site.deps, site.users.ann, { appId: id, step: 1, name: 'Phone' })).toBe(false)
})

test('a set-up ends after ten wrong codes', async () => {
  const site = await annAndEve()
  const { id, secret } = await startSetup(site, site.users.ann)
  const answers: string[] = []
  for (let n = 1; n <= 10; n++) answers.push((await checkSetupCode(site.deps, site.users.ann, id, '12345')).kind)
  expect(answers).toEqual([...Array.from({ length: 9 }, () => 'wrong'), 'gone'])
  const code = totpCodeAt(secret, site.deps.now())
  expect(await checkSetupCode(site.deps, site.users.ann, id, code)).toEqual({ kind: 'gone' })
})

test('after ten attempts the right code does not help, even before the row is deleted', async () => {
  const site = await annAndEve()
  const { id, secret } = await startSetup(site, site.users.ann)
  await site.deps.db.updateTable('authenticator_apps').set({ attempt_count: 10 }).execute()
  const code = totpCodeAt(secret, site.deps.now())
  expect(await checkSetupCode(site.deps, site.users.ann, id, code)).toEqual({ kind: 'gone' })
})

test('no user confirms or sees the set-up of another user', async () => {
  const site = await annAndEve()
  const { id, secret } = await startSetup(site, site.users.ann)
  const code = totpCodeAt(secret, site.deps.now())
  expect(await checkSetupCode(site.deps, site.users.eve, id, code)).toEqual({ kind: 'gone' })
  expect(await confirmApp(site.deps, site.users.eve, { appId: id, step: 1, name: 'Phone' })).toBe(false)
  expect(await findUnconfirmedApp(site.deps, site.users.eve)).toBeUndefined()
})

test('a new set-up has a new secret, and replaces the one before', async () => {
  const site = await annAndEve()
  const first = await startSetup(site, site.users.ann)
  const second = await startSetup(site, site.users.ann)
  expect(second.secret).not.toBe(first.secret)
  expect(await site.deps.db.selectFrom('authenticator_apps').select('id').execute()).toEqual([{ id: second.id }])
})

test('a user has at most three apps, also with two set-ups at once', async () => {
  const site = await annAndEve()
  const { ann } = site.users
  await addApp(site, ann)
  await addApp(site, ann)
  const { id } = await startSetup(site, ann)
  const apps = site.deps.db.selectFrom('authenticator_apps').selectAll().where('id', '=', id)
  const other = { ...(await apps.executeTakeFirstOrThrow()), id: 'other' } // the forms would replace the first one
  await site.deps.db.insertInto('authenticator_apps').values(other).execute()
  expect(await confirmApp(site.deps, ann, { appId: other.id, step: 1, name: 'c' })).toBe(true)
  expect(await confirmApp(site.deps, ann, { appId: id, step: 1, name: 'd' })).toBe(false)
  expect(await inTransaction(site.deps, (deps) => createUnconfirmedApp(deps, ann), { locks: userLocks(ann) })).toBe(
    false,
  )
  expect(await listApps(site.deps, ann)).toHaveLength(3)
})

test('no user renames or removes the app of another user', async () => {
  const site = await annWithApp()
  expect(await renameApp(site.deps, site.users.eve, site.app.id, 'Mine')).toBe(false)
  expect(await deleteApp(site.deps, site.users.eve, site.app.id)).toBe(false)
  expect(await listApps(site.deps, site.users.ann)).toMatchObject([{ id: site.app.id, name: 'Phone' }])
})

test('the secret has 160 bits, is encrypted, and opens for no other user or row', async () => {
  const site = await annWithApp()
  expect(site.app.secret.length * 5).toBe(160) // base32
  const row = await site.deps.db.selectFrom('authenticator_apps').selectAll().executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(site.app.secret)
  const moved = [
    { ...row, id: 'copy' },
    { ...row, user_id: site.users.eve.id },
  ]
  await site.deps.db.deleteFrom('authenticator_apps').execute()
  await site.deps.db.insertInto('authenticator_apps').values(moved).execute()
  for (const user of [site.users.ann, site.users.eve])
    expect(await matchAppCode(site.deps, user, site.app.code())).toBeUndefined()
  expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(
    Array.from({ length: 2 }, () => 'authenticator app failed: its secret cannot be decrypted'),
  )
})

test('with the key missing the factor is refused, and an error is logged at each use', async () => {
  const site = await annWithApp()
  const deps = { ...site.deps, keys: keyRing(1) }
  expect(await matchAppCode(deps, site.users.ann, site.app.code())).toBeUndefined()
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'authenticator app failed: SECRET_KEYS lacks its key' }])
})

test('the old key opens, and a reseal moves to the new one', async () => {
  const site = await annWithApp()
  const both = { ...site.deps, keys: keyRing(1, 0) }
  expect(await matchAppCode(both, site.users.ann, site.app.code())).toBeDefined()
  expect(await resealApps(both)).toEqual({ resealed: 1, failed: 0 })
  expect(await resealApps(both)).toEqual({ resealed: 0, failed: 0 })
  expect(await matchAppCode({ ...site.deps, keys: keyRing(1) }, site.users.ann, site.app.code())).toBeDefined()
})

test('a reseal without the key keeps the secret', async () => {
  const site = await annWithApp()
  expect(await resealApps({ ...site.deps, keys: keyRing(1) })).toEqual({ resealed: 0, failed: 1 })
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'authenticator app failed: SECRET_KEYS lacks its key' }])
  expect(await matchAppCode(site.deps, site.users.ann, site.app.code())).toBeDefined()
})
