import { expect, test } from 'bun:test'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { createApiToken, findUserByToken } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { annAndEve, annLoggedIn } from '../../support/people'
import { makeToken } from '../../support/tokens'

const wanted = { name: 'x', scopes: ['profile:write'], lifetime: days(365) } as const

test('no token is made for somebody whose password was changed, or account deactivated, since they were read', async () => {
  const { deps, users } = await annAndEve()
  const hash = await hashPassword(deps, 'another long password')
  await inTransaction(deps, (deps) => changePassword(deps, users.ann, hash, 'by hand'))
  expect(await createApiToken(deps, users.ann, wanted)).toEqual({ kind: 'user-changed' })
  await deactivateUser(deps, users.eve, 'by hand')
  expect(await createApiToken(deps, users.eve, wanted)).toEqual({ kind: 'user-changed' })
  await activateUser(deps, users.eve, 'by hand')
  expect(await createApiToken(deps, users.eve, wanted)).toMatchObject({ kind: 'created' })
})

test('what a hand on the database closed does not come back when the account is opened again', async () => {
  for (const isShutAgain of [false, true]) {
    const { annsBrowser, deps, users } = await annLoggedIn()
    const made = await makeToken(deps, users.ann, wanted)
    await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', users.ann.id).execute()
    if (isShutAgain) await deactivateUser(deps, users.ann, 'by hand')
    await activateUser(deps, users.ann, 'by hand')
    expect((await annsBrowser.get('/profile')).status).toBe(303)
    expect(await findUserByToken(deps, made.text)).toBeUndefined()
  }
})
