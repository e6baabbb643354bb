import { expect, test } from 'bun:test'
import { changeProfile, validateProfile } from '@/model/users/profile'
import { annAndEve } from '../../support/people'

test('a valid profile has no errors, and an invalid field has its message', () => {
  expect(validateProfile({ name: 'Ann' })).toBeUndefined()
  expect(validateProfile({ name: ' ' })).toEqual({ name: 'Enter your name.' })
  expect(validateProfile({})).toBeUndefined()
})

test('a change returns the user with canonical values and leaves other users as they are', async () => {
  const { deps, users } = await annAndEve()
  expect(await changeProfile(deps, users.ann, { name: ' Ann Lee ' })).toEqual({ ...users.ann, name: 'Ann Lee' })
  const rows = await deps.db.selectFrom('users').select(['name', 'search_name']).orderBy('name').execute()
  expect(rows).toEqual([
    { name: 'Ann Lee', search_name: 'ann lee' },
    { name: 'Eve', search_name: 'eve' },
  ])
})

test('fields that are no part of the profile are ignored', async () => {
  const { deps, users } = await annAndEve()
  const typed = JSON.parse('{"name":"Ann","role":"admin","password_hash":"x","__proto__":{"email":"x"},"toString":"x"}')
  expect(validateProfile(typed)).toBeUndefined()
  expect(await changeProfile(deps, users.ann, typed)).toEqual(users.ann)
})
