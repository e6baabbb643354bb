import { expect, test } from 'bun:test'
import { hasPermission, roles, scopes, type Permission } from '@/model/users/roles'
import { adminTest, signupTest, tokenTest } from '../../support/features'
import { annAndEve, eve } from '../../support/people'
import { annAsAdmin } from '../../support/roles'

test('each role has the permissions of the table', () => {
  const permissions: Permission[] = [
    'profile:read',
    'profile:write',
    'users:read',
    'users:write',
    'mail:read',
    'mail:write',
  ]
  const table = roles.map((role) => [role, permissions.filter((permission) => hasPermission({ role }, permission))])
  expect(Object.fromEntries(table)).toEqual({
    user: ['profile:read', 'profile:write'],
    support: ['profile:read', 'profile:write', 'users:read', 'mail:read'],
    admin: permissions,
  })
})

test('an API token can only have permissions for the own account', () => {
  expect([...scopes]).toEqual(['profile:read', 'profile:write'])
})

adminTest('an unknown role in the database has no permissions', async () => {
  const { deps, eves, users } = await annAsAdmin()
  const written = JSON.stringify({ role: 'Admin' })
  await deps.db.updateTable('users').set(JSON.parse(written)).where('id', '=', users.eve.id).execute()
  expect((await eves.get('/admin/users')).status).toBe(403)
  expect((await eves.get('/api/me')).status).toBe(403)
  expect((await eves.get('/profile')).status).toBe(200)
})

signupTest('a sign-up creates an account with the role user, whatever the form contains', async () => {
  const { browser, deps } = await annAndEve()
  const fields = {
    email: 'mal@example.test',
    name: 'Mal',
    password: 'correct horse battery',
    role: 'admin',
    is_admin: '1',
  }
  expect((await browser().post('/signup', { ...fields, 'roles[]': 'admin', id: '1', deactivated_at: '' })).status).toBe(
    303,
  )
  const row = await deps.db.selectFrom('users').selectAll().where('email', '=', fields.email).executeTakeFirstOrThrow()
  expect([row.role, row.id === '1', row.deactivated_at]).toEqual(['user', false, null])
})

tokenTest('only admin forms change a role, an owner or the state of an account', async () => {
  const { eves, deps, users } = await annAsAdmin()
  const read = () => deps.db.selectFrom('users').selectAll().orderBy('email').execute()
  const before = await read()
  const more = { role: 'admin', userId: users.ann.id, user_id: users.ann.id, id: users.ann.id, email: 'x@example.test' }
  await eves.post('/profile', { ...more, name: 'Eve the great', deactivated_at: '1', password_hash: 'x' })
  expect(await read()).toEqual(
    before.map((row) =>
      row.email === eve.email ? { ...row, name: 'Eve the great', search_name: 'eve the great' } : row,
    ),
  )
  await eves.post('/settings/tokens', { ...more, name: 'x', scopes: 'profile:read' })
  const tokens = await deps.db.selectFrom('api_tokens').select(['user_id', 'id']).execute()
  expect(tokens).toEqual([{ user_id: users.eve.id, id: expect.not.stringContaining(users.ann.id) }])
})
