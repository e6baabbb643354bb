import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn, eve } from '../support/people'

const nameOf = async ({ deps }: Pick<Awaited<ReturnType<typeof annLoggedIn>>, 'deps'>, email = ann.email) =>
  (await deps.db.selectFrom('users').select('name').where('email', '=', email).executeTakeFirstOrThrow()).name

/** Ann posted a new name after her session expired, and logged in again. */
export async function annInterrupted(fields: Record<string, string> = { name: 'Ann Lee' }, path = '/profile') {
  const site = await annLoggedIn()
  site.advance(minutes(5))
  const sent = await site.annsBrowser.post(path, fields)
  return { ...site, sent, back: () => site.annsBrowser.post('/relogin', { password: ann.password }) }
}

const idIn = (html: string) => /name="id" value="([\w-]{22})"/.exec(html)?.[1] ?? ''

test('a form posted on an ended session is saved, shown after the login and sent by one button', async () => {
  const { annsBrowser, sent, back, ...site } = await annInterrupted()
  expect([sent.status, sent.to]).toEqual([303, '/relogin'])
  expect(await back()).toMatchObject({ status: 303, to: '/resume' })
  const page = await annsBrowser.get('/resume')
  expect(page.html).toContain('<dt>Name</dt><dd class="value">Ann Lee</dd>')
  expect(await nameOf(site)).toBe('Ann')
  const id = idIn(page.html)
  expect(id).toHaveLength(22)
  expect(await annsBrowser.post('/resume', { id })).toMatchObject({ status: 303, to: '/profile' })
  expect(await nameOf(site)).toBe('Ann Lee')
  expect((await annsBrowser.get('/profile')).html).toContain('Your profile has been saved.')
})

test('without an id the newest saved request is sent', async () => {
  const { annsBrowser, back, ...site } = await annInterrupted()
  site.advance(1)
  await annsBrowser.post('/profile', { name: 'Ann the Second' })
  await back()
  await annsBrowser.post('/resume')
  expect(await nameOf(site)).toBe('Ann the Second')
  expect((await annsBrowser.get('/resume')).html).toContain('Ann Lee') // the other one is still saved
})

test('a saved form is validated when it is sent, and errors return with the typed values', async () => {
  const { annsBrowser, back } = await annInterrupted({ name: '' })
  await back()
  const answer = await annsBrowser.post('/resume')
  expect(answer.status).toBe(422)
  expect(answer.html).toContain('Enter your name.')
})

test('htmx receives the response of the form itself', async () => {
  const { annsBrowser, back } = await annInterrupted()
  await back()
  expect(await annsBrowser.postHtmx('/resume')).toMatchObject({ status: 204, to: '/profile' })
})

tokenTest('a form on a stale login is saved, too', async () => {
  const { annsBrowser, advance, deps } = await annLoggedIn()
  advance(minutes(4))
  await annsBrowser.get('/')
  advance(minutes(2))
  expect(await annsBrowser.post('/settings/tokens', { name: 'backup', scopes: 'profile:read' })).toMatchObject({
    status: 303,
    to: '/relogin',
  })
  expect((await annsBrowser.post('/relogin', { password: ann.password })).to).toBe('/resume')
  expect((await annsBrowser.post('/resume')).html).toContain('id="new-token"')
  expect(await deps.db.selectFrom('api_tokens').select('name').execute()).toEqual([{ name: 'backup' }])
})

test('a saved request can be discarded', async () => {
  const { annsBrowser, back, ...site } = await annInterrupted()
  await back()
  expect(await annsBrowser.post('/resume/discard')).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await annsBrowser.get('/dashboard')).html).toContain('Form discarded. Nothing was saved.')
  expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
  await annsBrowser.post('/resume')
  expect(await nameOf(site)).toBe('Ann')
})

test('no password and no token is saved, and the form asks for them again', async () => {
  const { annsBrowser, back, deps } = await annInterrupted({
    name: 'Ann Lee',
    password: 'tell no one',
    new_password: 'tell no one',
    api_token: 'tell no one',
  })
  await back()
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain('Ann Lee')
  expect(html).not.toContain('tell no one')
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toHaveLength(1)
})

test('a form with only secret fields is not saved', async () => {
  const { back } = await annInterrupted({ password: 'a', new_password: 'b' }, '/settings/password')
  expect((await back()).to).toBe('/profile')
})

test.each(['/resume', '/resume/discard', '/logout', '/signup', '/login', '/relogin', '/nowhere'])(
  'a request to %s is never saved',
  async (path) => {
    const { deps } = await annInterrupted({ name: 'Ann Lee' }, path)
    expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
  },
)

test('a form of a visitor is not saved', async () => {
  const { browser, deps } = await annLoggedIn()
  expect(await browser().post('/profile', { name: 'x' })).toMatchObject({ status: 303, to: '/login' })
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('a login on the login page shows the saved requests of that user', async () => {
  const { annsBrowser } = await annInterrupted()
  expect((await annsBrowser.post('/login', ann)).to).toBe('/resume')
})

test('another user who logs in on the same browser sees no trace of a saved request', async () => {
  const { annsBrowser, deps } = await annInterrupted()
  expect(await annsBrowser.post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
  expect([...annsBrowser.jar.keys()]).not.toContain('saved')
  expect(await annsBrowser.get('/resume')).toMatchObject({ status: 303, to: '/dashboard' })
  await annsBrowser.post('/resume')
  expect(await nameOf({ deps }, eve.email)).toBe('Eve')
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('a logout deletes the saved requests', async () => {
  const { annsBrowser, back, deps } = await annInterrupted()
  await back()
  await annsBrowser.post('/logout')
  expect([...annsBrowser.jar.keys()].filter((name) => name !== 'flash')).toEqual(['device'])
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('a user has at most ten saved requests, and the oldest are deleted', async () => {
  const { annsBrowser, back, advance } = await annInterrupted()
  for (let i = 1; i <= 10; i++) {
    advance(1)
    await annsBrowser.post('/profile', { name: `Name ${i}` })
  }
  await back()
  const { html } = await annsBrowser.get('/resume')
  expect(html.match(/class="value"/g)).toHaveLength(10)
  expect(html).not.toContain('Ann Lee')
})
