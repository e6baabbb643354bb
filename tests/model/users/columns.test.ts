import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { findUserByToken } from '@/model/api-tokens/api-tokens'
import { findSession } from '@/model/sessions/sessions'
import { userColumns } from '@/model/users/columns'
import { findUser } from '@/model/users/users'
import { annLoggedIn } from '../../support/people'
import { makeToken } from '../../support/tokens'

test('a session and an API token return the same user as the users table, without the password hash', async () => {
  const { deps, users, annsBrowser } = await annLoggedIn()
  const user = await findUser(deps, users.ann.id)
  expect(Object.keys(user ?? {}).toSorted()).toEqual(userColumns.toSorted())
  expect(user).not.toHaveProperty('password_hash')
  expect((await findSession(deps, annsBrowser.jar.get('session') ?? ''))?.user).toEqual(user)
  const { text } = await makeToken(deps, users.ann, { name: 'laptop', scopes: ['profile:read'], lifetime: days(30) })
  expect((await findUserByToken(deps, text))?.user).toEqual(user)
})
