import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { annWithSavedRequest } from '../support/saved-request'
import { ann, annLoggedIn, eve } from '../support/people'

const TOO_MANY = 'Too many forms were waiting for a login, so one or more of yours were discarded. Enter them again.'

/** Ann sent this many forms after her session expired. The server keeps two of them. */
async function annWithForms(n: number) {
  const site = await annLoggedIn()
  Object.assign(site.deps.config.rowCaps.savedRequests, { perUser: 2 })
  site.advance(minutes(5))
  for (let i = 1; i <= n; i++) {
    site.advance(1)
    await site.annsBrowser.post('/profile', { name: `Name ${i}` })
  }
  return { ...site, back: () => site.annsBrowser.post('/relogin', { password: ann.password }) }
}

const idBelow = (html: string, heading: string) =>
  new RegExp(`${heading}[^]*?name="id" value="([\\w-]{22})"`).exec(html)?.[1] ?? ''

test('after the login a user is told that a form was discarded, and sees the forms that are left', async () => {
  const { annsBrowser, back } = await annWithForms(3)
  expect((await back()).to).toBe('/resume')
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain(TOO_MANY)
  expect([1, 2, 3].map((i) => html.includes(`Name ${i}`))).toEqual([true, true, false])
  const id = idBelow(html, 'Form not kept')
  expect((await annsBrowser.post('/resume/discard', { id })).to).toBe('/resume')
  const after = (await annsBrowser.get('/resume')).html
  expect([after.includes(TOO_MANY), after.includes('Name 1'), after.includes('Form discarded')]).toEqual([
    false,
    true,
    false,
  ])
})

test('a user whose only form was discarded is told once', async () => {
  const { annsBrowser, deps, advance, back } = await annWithForms(0)
  deps.config.rowCaps.savedRequests.perUser = 0
  await annsBrowser.post('/profile', { name: 'Ann Lee' })
  expect((await back()).to).toBe('/resume')
  const { html } = await annsBrowser.get('/resume')
  expect([html.includes('<h1>Your form was not kept</h1>'), html.includes(TOO_MANY)]).toEqual([true, true])
  expect(html).not.toContain('Save now')
  const id = idBelow(html, 'Form not kept')
  expect(await annsBrowser.post('/resume', { id })).toMatchObject({ status: 303, to: '/resume' })
  expect(await annsBrowser.post('/resume/discard', { id })).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toEqual([])
  advance(minutes(5))
  await annsBrowser.get('/profile')
  expect((await back()).to).toBe('/profile')
})

test('a button for a form that was discarded meanwhile leads to the message', async () => {
  const { annsBrowser, deps, id } = await withOpenPage()
  await deps.db.updateTable('saved_requests').set({ ciphertext: '', discarded_reason: 'too-many' }).execute()
  expect(await annsBrowser.post('/resume', { id })).toMatchObject({ status: 303, to: '/resume' })
  expect((await annsBrowser.get('/resume')).html).toContain(TOO_MANY)
})

async function withOpenPage() {
  const story = await annWithSavedRequest()
  await story.back()
  return { ...story, id: idBelow((await story.annsBrowser.get('/resume')).html, '<h2') }
}

test('a form that is too large to be kept is reported after the login', async () => {
  const { annsBrowser, back } = await annWithForms(0)
  await annsBrowser.post('/profile', { name: 'x'.repeat(64 * 1024 - 20) })
  expect((await back()).to).toBe('/resume')
  expect((await annsBrowser.get('/resume')).html).toContain('A form was too large to be kept until your login.')
})

test('another user who logs in on the same browser learns nothing of a discarded form', async () => {
  const { annsBrowser, deps } = await annWithForms(3)
  expect((await annsBrowser.post('/login', eve)).to).toBe('/profile')
  expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toEqual([])
})

test('a flood of forms from one user pushes out no form of another', async () => {
  const site = await annWithSavedRequest()
  const { annsBrowser, as, deps, advance, back, names } = site
  Object.assign(deps.config.rowCaps.savedRequests, { inTotal: 5 })
  const attacker = await as(eve)
  advance(minutes(5))
  for (let i = 0; i < 20; i++) {
    attacker.jar.delete('saved')
    await attacker.post('/profile', { name: `Flood ${i}` })
  }
  expect((await back()).to).toBe('/resume')
  await annsBrowser.post('/resume')
  expect(await names()).toEqual(['Ann Lee', 'Eve'])
})
