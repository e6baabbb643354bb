import { expect, test } from 'bun:test'
import { annLoggedIn } from '../support/people'

test('the profile welcomes its user by name', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect((await annsBrowser.get('/profile')).html).toContain('<h1>Welcome, Ann!</h1>')
})

test('a new name is saved, confirmed and shown at once', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(await annsBrowser.post('/profile', { name: '  Ann Lee ' })).toMatchObject({ status: 303, to: '/profile' })
  const { html } = await annsBrowser.get('/profile')
  expect(html).toContain('<p id="flash" class="success" role="status">Your profile has been saved.</p>')
  expect(html).toContain('<h1>Welcome, Ann Lee!</h1>')
  const part = await annsBrowser.postHtmx('/profile', { name: 'Ann L.' })
  expect([part.status, part.headers.get('hx-redirect')]).toEqual([204, '/profile'])
})

test('an invalid name returns 422 with an error and keeps the current name', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const answer of [
    await annsBrowser.post('/profile', { name: 'a\uFFFDb' }),
    await annsBrowser.postHtmx('/profile', { name: 'a\uFFFDb' }),
  ]) {
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('<small id="name-error" class="field-error">Use visible characters only.</small>')
    expect(answer.html).toMatch(
      /<input id="name"[^>]* value="a\uFFFDb"[^>]* autofocus aria-invalid="true" aria-describedby="name-error name-hint"/,
    )
    expect(answer.html).toContain('<h1>Welcome, Ann!</h1>')
  }
})

test('a profile change affects no other user and no other field', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  const before = await deps.db.selectFrom('users').selectAll().orderBy('email').execute()
  await annsBrowser.post('/profile', {
    name: 'Anna',
    id: users.eve.id,
    email: 'x@example.test',
    role: 'admin',
    password_hash: 'x',
  })
  expect(await deps.db.selectFrom('users').selectAll().orderBy('email').execute()).toEqual([
    { ...before[0], name: 'Anna', search_name: 'anna' },
    before[1],
  ] as never)
})
