import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Deps } from '@/deps/deps'
import { removeApp } from '@/model/accounts/factors/change-apps'
import { changeFactors } from '@/model/accounts/factors/change-factors'
import { removePasskey } from '@/model/accounts/factors/change-passkeys'
import { requestFactorReset } from '@/model/accounts/factors/delayed-reset'
import { resetFactorsOf } from '@/model/accounts/factors/reset-factors'
import { startSecondStep } from '@/model/accounts/factors/second-step'
import { removePassword } from '@/model/accounts/passwordless'
import { startLogin } from '@/model/accounts/start-login'
import { createPendingLogin } from '@/model/pending-logins/pending-logins'
import { listActiveSessions } from '@/model/sessions/expiry'
import { addPasskey } from '../../support/add-passkeys'
import { annWhoLostFactors } from '../../support/factor-resets'
import { annWithOpenRequest, client } from '../../support/open-request'
import { overlap } from '../../support/overlap'
import { annAndEve } from '../../support/people'
import { addApp, annWithApp } from '../../support/second-factors'

// On PostgreSQL, transactions run at once. Without a lock, a test fails there, or PostgreSQL must roll a transaction back.

const removal = { session: { id: '', series_id: null }, client, isConfirmed: false, everywhere: false }
const SECOND_STEP = { firstFactor: 'password', remember: false, isForced: false } as const

test('of the last two passkeys that are removed at once one stays', async () => {
  const { deps, users } = await annAndEve()
  const first = await addPasskey({ deps }, users.ann)
  const second = await addPasskey({ deps }, users.ann)
  await deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', users.ann.id).execute()
  const remove = (deps: Deps, id: string) =>
    inTransaction(deps, (deps) => removePasskey(deps, users.ann, id, removal), { locks: userLocks(users.ann) })
  const results = await overlap(
    deps,
    ['Select', 'passkeys'],
    (deps) => remove(deps, first.id),
    () => remove(deps, second.id),
  )
  expect(results.map(({ kind }) => kind)).toEqual(['removed', 'only-way'])
})

test('of the last two apps that are removed at once the second one asks first', async () => {
  const site = await annWithApp()
  const { deps, users, app } = site
  const other = await addApp(site, users.ann, 'Tablet')
  const remove = (deps: Deps, id: string) =>
    inTransaction(deps, (deps) => removeApp(deps, users.ann, id, removal), { locks: userLocks(users.ann) })
  const results = await overlap(
    deps,
    ['Select', 'two_step_enabled_at'],
    (deps) => remove(deps, app.id),
    () => remove(deps, other.id),
  )
  expect(results.map(({ kind }) => kind)).toEqual(['removed', 'turns-off'])
})

test('two logins at once do not exceed the maximum of logins that wait for a second step', async () => {
  const { deps, users } = await annWithApp()
  deps.config.rowCaps.perUser.pendingLogins = 1
  const start = (deps: Deps) => startSecondStep(deps, users.ann, client, undefined, SECOND_STEP)
  const results = await overlap(deps, ['Select', 'is_known_device'], start, () => start(deps))
  expect(results.map(({ kind }) => kind)).toEqual(['started', 'rate-limited'])
})

test('two requests at once to remove two-step verification write no more mails than the limit allows', async () => {
  const { deps, users } = await annWhoLostFactors()
  deps.config.limits['factor-reset-mail'] = [{ max: 1, window: 1000 }]
  const request = (deps: Deps) => requestFactorReset(deps, { user: users.ann, first_factor: 'password' }, client)
  const results = await overlap(deps, ['Select', 'mails'], request, () => request(deps))
  expect(results.map(({ kind }) => kind)).toEqual(['requested', 'rate-limited'])
})

test('a login keeps no session if an administrator removes the second factors meanwhile', async () => {
  const { deps, users } = await annWithApp()
  await overlap(
    deps,
    ['Select', 'password_version'], // the user is as before
    (deps) => startLogin(deps, users.ann, client, {}, { isFresh: true, amr: ['password', 'totp'] }),
    () => resetFactorsOf(deps, users.ann, 'command line'),
  )
  expect(await listActiveSessions(deps, users.ann)).toEqual([])
})

type Site = Awaited<ReturnType<typeof annWithOpenRequest>>

test.each<[string, (deps: Deps, site: Site) => Promise<unknown>]>([
  ['change factors', (deps, { users }) => changeFactors(deps, users.ann, 'factor-added')],
  [
    'remove the password',
    (deps, { users, sessionLookup: { session } }) => removePassword(deps, users.ann, { session, client }),
  ],
  ['begin a second step', (deps, { users }) => createPendingLogin(deps, users.ann, client, SECOND_STEP)],
])('a transaction cannot %s without the lock of the account', async (_, act) => {
  const site = await annWithOpenRequest()
  const acting = inTransaction(site.deps, (deps) => act(deps, site), { locks: [] })
  expect(await acting.catch((error: Error) => error.message)).toBe(
    'transaction failed: it does not hold the lock "account"',
  )
})
