import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { ann, annLoggedIn, eve } from '../../support/people'

/** The header that the script sends from a page of this user. */
const fromPageOf = ({ id }: { id: string }) => ({
  'hx-request': 'true',
  'hx-request-type': 'partial',
  'x-session-user': id,
})

test('a page of one user changes nothing in the session of another user', async () => {
  const { annsBrowser, users, deps } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await annsBrowser.post('/login', eve) // in another tab
  const answer = await annsBrowser.post('/profile', { name: 'Ann Lee' }, fromPageOf(users.ann))
  expect(answer.status).toBe(409)
  expect(answer.html).toContain('Another user is logged in')
  const names = await deps.db.selectFrom('users').select('name').orderBy('email').execute()
  expect(names).toEqual([{ name: 'Ann' }, { name: 'Eve' }])
})

test('a re-login on the page of one user rejects the password of another user', async () => {
  const { annsBrowser, users, advance } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await annsBrowser.post('/login', eve)
  expect((await annsBrowser.post('/relogin', { password: 'x' }, fromPageOf(users.ann))).status).toBe(409)
  advance(minutes(5))
  expect((await annsBrowser.post('/relogin', { password: eve.password }, fromPageOf(users.ann))).status).toBe(409)
  expect((await annsBrowser.get('/relogin', fromPageOf(users.ann))).status).toBe(409)
  expect((await annsBrowser.post('/relogin', { password: eve.password }, fromPageOf(users.eve))).status).toBe(204)
})

test('a page of the current user works as usual', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  expect((await annsBrowser.post('/profile', { name: ann.name }, fromPageOf(users.ann))).status).toBe(204)
})
