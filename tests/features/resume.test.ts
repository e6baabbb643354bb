import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { ann, annLoggedIn, eve } from '../support/people'

const nameOf = async ({ deps }: Pick<Awaited<ReturnType<typeof annLoggedIn>>, 'deps'>, email = ann.email) =>
  (await deps.db.selectFrom('users').select('name').where('email', '=', email).executeTakeFirstOrThrow()).name

/** Ann sent a new name when her session had run out, and typed her password again. */
export async function annInterrupted(fields: Record<string, string> = { name: 'Ann Lee' }, path = '/profile') {
  const site = await annLoggedIn()
  site.advance(minutes(5))
  const sent = await site.annsBrowser.post(path, fields)
  return { ...site, sent, back: () => site.annsBrowser.post('/relogin', { password: ann.password }) }
}

const draftIn = (html: string) => /name="id" value="([\w-]{22})"/.exec(html)?.[1] ?? ''

test('a form that was sent on an ended session waits for the password, is shown, and goes through by one button', async () => {
  const { annsBrowser, sent, back, ...site } = await annInterrupted()
  expect([sent.status, sent.to]).toEqual([303, '/relogin'])
  expect(await back()).toMatchObject({ status: 303, to: '/resume' })
  const page = await annsBrowser.get('/resume')
  expect(page.html).toContain('<dt>Name</dt><dd class="typed">Ann Lee</dd>')
  expect(await nameOf(site)).toBe('Ann')
  expect(await annsBrowser.post('/resume', { id: draftIn(page.html) })).toMatchObject({
    status: 303,
    to: '/profile',
  })
  expect(await nameOf(site)).toBe('Ann Lee')
  expect((await annsBrowser.get('/profile')).html).toContain('Your profile has been saved.')
})

test('without saying which, the newest is sent', async () => {
  const { annsBrowser, back, ...site } = await annInterrupted()
  site.advance(1)
  await annsBrowser.post('/profile', { name: 'Ann the Second' })
  await back()
  await annsBrowser.post('/resume')
  expect(await nameOf(site)).toBe('Ann the Second')
  expect((await annsBrowser.get('/resume')).html).toContain('Ann Lee') // the other one still waits
})

test('what a form holds is judged as if it was sent now: a mistake comes back with what was typed', async () => {
  const { annsBrowser, back } = await annInterrupted({ name: '' })
  await back()
  const answer = await annsBrowser.post('/resume')
  expect(answer.status).toBe(422)
  expect(answer.html).toContain('Enter your name.')
})

test('with htmx its answer is what htmx gets for the form itself', async () => {
  const { annsBrowser, back } = await annInterrupted()
  await back()
  expect(await annsBrowser.postHtmx('/resume')).toMatchObject({ status: 204, to: '/profile' })
})

test('a form on a stale login waits for the password, too', async () => {
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

test('it can be thrown away, and then it is gone', async () => {
  const { annsBrowser, back, ...site } = await annInterrupted()
  await back()
  expect(await annsBrowser.post('/resume/discard')).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await annsBrowser.get('/dashboard')).html).toContain('Form discarded. Nothing was saved.')
  expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
  await annsBrowser.post('/resume')
  expect(await nameOf(site)).toBe('Ann')
})

test('no password and no token is kept: the form asks for them again', async () => {
  const { annsBrowser, back, deps } = await annInterrupted({
    name: 'Ann Lee',
    password: 'tell nobody',
    new_password: 'tell nobody',
    api_token: 'tell nobody',
  })
  await back()
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain('Ann Lee')
  expect(html).not.toContain('tell nobody')
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toHaveLength(1)
})

test('a form that holds nothing else is not kept at all', async () => {
  const { back } = await annInterrupted({ password: 'a', new_password: 'b' }, '/settings/password')
  expect((await back()).to).toBe('/profile')
})

test.each(['/resume', '/resume/discard', '/logout', '/signup', '/login', '/relogin', '/nowhere'])(
  'what is sent to %s is do not save',
  async (path) => {
    const { deps } = await annInterrupted({ name: 'Ann Lee' }, path)
    expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
  },
)

test('a visitor’s form is nobody’s, and is not kept', async () => {
  const { browser, deps } = await annLoggedIn()
  expect(await browser().post('/profile', { name: 'x' })).toMatchObject({ status: 303, to: '/login' })
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('who logs in by the login page instead is shown it, too, if it is theirs', async () => {
  const { annsBrowser } = await annInterrupted()
  expect((await annsBrowser.post('/login', ann)).to).toBe('/resume')
})

test('somebody else who logs in on that browser finds no trace of it', async () => {
  const { annsBrowser, deps } = await annInterrupted()
  expect(await annsBrowser.post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
  expect([...annsBrowser.jar.keys()]).not.toContain('saved')
  expect(await annsBrowser.get('/resume')).toMatchObject({ status: 303, to: '/dashboard' })
  await annsBrowser.post('/resume')
  expect(await nameOf({ deps }, eve.email)).toBe('Eve')
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('a logout throws it away', async () => {
  const { annsBrowser, back, deps } = await annInterrupted()
  await back()
  await annsBrowser.post('/logout')
  expect([...annsBrowser.jar.keys()].filter((name) => name !== 'flash')).toEqual(['device'])
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('nobody keeps more than ten: the oldest go', async () => {
  const { annsBrowser, back, advance } = await annInterrupted()
  for (let i = 1; i <= 10; i++) {
    advance(1)
    await annsBrowser.post('/profile', { name: `Name ${i}` })
  }
  await back()
  const { html } = await annsBrowser.get('/resume')
  expect(html.match(/class="typed"/g)).toHaveLength(10)
  expect(html).not.toContain('Ann Lee')
})
