import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { createApiToken, findUserByToken } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { annAndEve, annLoggedIn } from '../../support/people'
import { makeToken } from '../../support/tokens'

const newToken = { name: 'x', scopes: ['profile:write'], lifetime: days(365) } as const

test('no token is created if the password changed or the account was deactivated since the user was read', async () => {
  const { deps, users } = await annAndEve()
  const hash = await hashPassword(deps, 'another long password')
  await inTransaction(deps, (deps) => changePassword(deps, users.ann, hash, 'command line'), {
    locks: userLocks(users.ann),
  })
  expect(await createApiToken(deps, users.ann, newToken)).toEqual({ kind: 'user-changed' })
  await deactivateUser(deps, users.eve, 'command line')
  expect(await createApiToken(deps, users.eve, newToken)).toEqual({ kind: 'user-changed' })
  await activateUser(deps, users.eve, 'command line')
  expect(await createApiToken(deps, users.eve, newToken)).toMatchObject({ kind: 'created' })
})

test('an account that was deactivated in the database has no active session or token after its activation', async () => {
  for (const isDeactivatedAgain of [false, true]) {
    const { annsBrowser, deps, users } = await annLoggedIn()
    const token = await makeToken(deps, users.ann, newToken)
    await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', users.ann.id).execute()
    if (isDeactivatedAgain) await deactivateUser(deps, users.ann, 'command line')
    await activateUser(deps, users.ann, 'command line')
    expect((await annsBrowser.get('/profile')).status).toBe(303)
    expect(await findUserByToken(deps, token.text)).toBeUndefined()
  }
})
