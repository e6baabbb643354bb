import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { sql } from 'kysely'
import type { Db } from '@db/open'
import type { Deps } from '@/deps/deps'
import type { Guards } from '@/http/auth/guards'
import { minutes, seconds } from '@/lib/duration'
import { replaySavedRequest } from '@/http/auth/saved-request'
import { annWithSavedRequest } from '../support/saved-request'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { sharedDatabase } from '../support/nodes'
import { ann, annLoggedIn, createPeople } from '../support/people'
import { annOnDisk } from '../support/on-disk'
import { rejectChanges } from '../support/reject-changes'
import { openSite } from '../support/site'
import { tempDatabase } from '../support/temp'

/** Ann is logged in again, and her form waits. */
async function annReturned() {
  const story = await annWithSavedRequest()
  await story.back()
  const { id } = await story.savedRequest()
  return { ...story, id, send: (fields = {}) => story.annsBrowser.post('/resume', { id, ...fields }) }
}

/** Ann's form to a handler that does this work waits. Her session stays active for an hour. */
async function annWithSlowForm(env: Record<string, string>, work: (deps: Deps) => Promise<unknown>) {
  const feature = ({ loginRequired }: Guards) =>
    new Elysia().use(loginRequired).post(
      '/slow',
      async ({ deps, reply }) => {
        await work(deps)
        return reply.redirect('/dashboard')
      },
      { body: t.Object({ text: t.String() }) },
    )
  const site = await createPeople(await openSite({ ...env, SESSION_IDLE_SECONDS: '3600' }, undefined, [feature]))
  const annsBrowser = await site.as(ann)
  site.advance(minutes(60))
  await annsBrowser.post('/slow', { text: 'typed' })
  await annsBrowser.post('/relogin', { password: ann.password })
  const { id } = await site.deps.db.selectFrom('saved_requests').select('id').executeTakeFirstOrThrow()
  const rows = async () => (await site.deps.db.selectFrom('saved_requests').select('id').execute()).length
  return { ...site, annsBrowser, id, rows }
}

const CLAIM = 'update of claimed_at on saved_requests'

const steps: [step: string, change: string, condition: string | undefined, status: number, namesAfter: string][] = [
  ['the claim', CLAIM, 'new.claimed_at is not null', 500, 'Ann'],
  ['the change', 'update of name on users', undefined, 500, 'Ann'],
  ['the deletion after the change', 'delete on saved_requests', undefined, 303, 'Ann Lee'],
]

test.each(steps)('a saved request has one effect if %s fails once', async (_, change, condition, status, nameAfter) => {
  const story = await annReturned()
  const repair = await rejectChanges(story.deps, change, condition)
  expect((await story.send()).status).toBe(status)
  expect(takeLoggedErrors()).toHaveLength(1)
  expect(await story.names()).toEqual([nameAfter, 'Eve'])
  const isShown = (await story.annsBrowser.get('/resume')).html.includes('Ann Lee')
  expect(isShown).toBe(status === 500)
  await repair()
  await story.send()
  expect(await story.names()).toEqual(['Ann Lee', 'Eve'])
  await story.annsBrowser.post('/profile', { name: 'Ann the Second' })
  for (const after of [0, minutes(1), minutes(4)]) {
    story.advance(after)
    expect((await story.send()).to).toBe('/dashboard')
  }
  expect(await story.names()).toEqual(['Ann the Second', 'Eve'])
})

test('a saved request can be sent again if the change and the release of its claim both fail', async () => {
  const story = await annReturned()
  const repairChange = await rejectChanges(story.deps, 'update of name on users')
  const repairRelease = await rejectChanges(story.deps, CLAIM, 'new.claimed_at is null')
  for (const _ of ['first', 'second']) {
    expect((await story.send()).status).toBe(500)
    expect(takeLoggedErrors()).toHaveLength(2)
    const { html } = await story.annsBrowser.get('/resume')
    expect([html.includes('Nothing was saved yet.'), html.includes('may have been sent')]).toEqual([true, false])
  }
  await repairChange()
  expect((await story.send()).to).toBe('/profile')
  expect([await story.names(), await story.savedRequests()]).toEqual([['Ann Lee', 'Eve'], []])
  await repairRelease()
})

test('a saved request can be sent again after another process locked the database during the attempt', async () => {
  const { annsBrowser, deps, other, advance } = await annOnDisk()
  advance(minutes(5))
  await annsBrowser.post('/profile', { name: 'Ann Lee' })
  await annsBrowser.post('/relogin', { password: ann.password })
  const { id } = await deps.db.selectFrom('saved_requests').select('id').executeTakeFirstOrThrow()
  other.run('begin immediate')
  expect((await annsBrowser.post('/resume', { id })).status).toBe(503)
  other.run('rollback')
  expect((await annsBrowser.get('/resume')).html).toContain('Ann Lee')
  expect((await annsBrowser.post('/resume', { id })).to).toBe('/profile')
  expect(takeLoggedErrors().length).toBeGreaterThan(0)
  const { name } = await deps.db
    .selectFrom('users')
    .select('name')
    .where('email', '=', ann.email)
    .executeTakeFirstOrThrow()
  expect(name).toBe('Ann Lee')
})

test('a saved request survives a lock that begins during the attempt and outlasts the release', async () => {
  const file = tempDatabase('resume')
  const other = new Database(file)
  const isFirst = { value: true }
  const { annsBrowser, id } = await annWithSlowForm({ DATABASE_URL: `sqlite:${file}` }, async ({ db }) => {
    if (isFirst.value) other.run('begin immediate')
    isFirst.value = false
    await sql`update users set name = 'Ann Lee'`.execute(db)
  })
  expect((await annsBrowser.post('/resume', { id })).status).toBe(503)
  expect((await annsBrowser.get('/resume')).html).toContain('Nothing was saved yet.')
  expect((await annsBrowser.post('/profile', { name: 'x' })).status).toBe(503) // it waits longer than the release
  other.run('rollback')
  expect((await annsBrowser.post('/resume', { id })).to).toBe('/dashboard')
  expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
  expect(takeLoggedErrors().length).toBeGreaterThan(0)
}, 60_000)

test('a saved request stays saved if the handler throws an error that nothing handles', async () => {
  const { annsBrowser, deps, users, id, send, names } = await annReturned()
  const key = { user: users.ann, secret: annsBrowser.jar.get('saved') ?? '' }
  const replay = replaySavedRequest(deps, new Request('http://localhost:3000/resume'), key, id, () =>
    Promise.reject(new Error('a bug')),
  )
  expect(replay).rejects.toThrow('a bug')
  await replay.catch(() => undefined)
  expect((await send()).to).toBe('/profile')
  expect(await names()).toEqual(['Ann Lee', 'Eve'])
})

test.each([
  [303, 0],
  [422, 0],
  [429, 1],
  [500, 1],
  [502, 1],
  [503, 1],
  [504, 1],
])('after a response with status %d, %d saved requests are left', async (status, left) => {
  const { annsBrowser, deps, users, id, savedRequests, send, names } = await annReturned()
  const key = { user: users.ann, secret: annsBrowser.jar.get('saved') ?? '' }
  const handle = async () => new Response(null, { status })
  const replayed = await replaySavedRequest(deps, new Request('http://localhost:3000/resume'), key, id, handle)
  expect([replayed?.status, (await savedRequests()).length]).toEqual([status, left])
  await send()
  expect(await names()).toEqual([left === 1 ? 'Ann Lee' : 'Ann', 'Eve'])
})

/** A handler that runs until `finish`. `send` resolves when it runs. */
async function annWithLongRequest() {
  const [end, start] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let runs = 0
  const story = await annWithSlowForm({}, async () => {
    runs++
    start.resolve()
    await end.promise
  })
  const response = story.annsBrowser.copy().post('/resume', { id: story.id })
  await start.promise
  return { ...story, response, finish: end.resolve, fail: end.reject, runs: () => runs }
}

test('a saved request whose handler runs for minutes runs once, however often it is sent meanwhile', async () => {
  const { annsBrowser, response, deps, id, rows, finish, runs, advance } = await annWithLongRequest()
  const began = deps.now()
  for (const pause of [0, seconds(59), seconds(2), minutes(2), minutes(10)]) {
    advance(pause)
    const attempts: Record<string, string>[] = [{ id }, { id, interrupted_at: `${began}` }, {}]
    for (const fields of attempts) {
      expect(await annsBrowser.post('/resume', fields)).toMatchObject({ status: 303, to: '/dashboard' })
      expect((await annsBrowser.get('/dashboard')).html).toContain(
        'Your last attempt to send this form has not finished.',
      )
    }
    expect((await annsBrowser.get('/resume')).to).toBe('/dashboard')
    await annsBrowser.post('/resume/discard', { id })
    expect((await annsBrowser.get('/dashboard')).html).toContain(
      'Your last attempt to send this form has not finished.',
    )
  }
  expect([runs(), await rows()]).toEqual([1, 1])
  finish()
  expect((await response).to).toBe('/dashboard')
  expect([runs(), await rows()]).toEqual([1, 0])
  await annsBrowser.get('/dashboard')
  await annsBrowser.post('/resume', { id })
  expect((await annsBrowser.get('/dashboard')).html).toContain('This form is no longer available')
})

test('a saved request that fails after minutes can be sent again', async () => {
  const { annsBrowser, response, id, fail, runs, advance } = await annWithLongRequest()
  advance(minutes(5))
  fail(new Error('a bug'))
  expect((await response).status).toBe(500)
  expect(takeLoggedErrors()).toHaveLength(1)
  expect((await annsBrowser.get('/resume')).html).toContain('Nothing was saved yet.')
  await annsBrowser.post('/resume', { id })
  expect([runs(), takeLoggedErrors().length]).toEqual([2, 1])
})

const opened: Db[] = []
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy()
})

/** The process that was sending Ann's form was killed. Another one uses the same database. */
async function annAfterKill() {
  const DATABASE_URL = await sharedDatabase()
  const killed = await annLoggedIn({ DATABASE_URL })
  killed.advance(minutes(5))
  await killed.annsBrowser.post('/profile', { name: 'Ann Lee' })
  await killed.annsBrowser.post('/relogin', { password: ann.password })
  const key = { user: killed.users.ann, secret: killed.annsBrowser.jar.get('saved') ?? '' }
  const { id } = await killed.deps.db.selectFrom('saved_requests').select('id').executeTakeFirstOrThrow()
  await new Promise<void>((started) => {
    const handle = () => new Promise<Response>(() => started())
    void replaySavedRequest(killed.deps, new Request('http://localhost:3000/resume'), key, id, handle)
  })
  const site = await openSite({ DATABASE_URL })
  opened.push(killed.deps.db, site.deps.db)
  site.advance(killed.deps.now() - site.deps.now())
  const browser = site.browser()
  for (const [name, value] of killed.annsBrowser.jar) browser.keep(name, value)
  const name = async () =>
    (await site.deps.db.selectFrom('users').select('name').where('email', '=', ann.email).executeTakeFirstOrThrow())
      .name
  return { ...site, annsBrowser: browser, id, name, claimed_at: killed.deps.now() }
}

const claimIn = (html: string) => /name="interrupted_at" value="(\d+)"/.exec(html)?.[1] ?? ''

test('in the minute after a kill, or while another process sends a form, it is neither lost nor sent again', async () => {
  const { annsBrowser, advance, id, name, claimed_at } = await annAfterKill()
  advance(minutes(1) - 1)
  for (const path of ['/resume', '/resume/discard'])
    expect((await annsBrowser.post(path, { id, interrupted_at: `${claimed_at}` })).to).toBe('/dashboard')
  await annsBrowser.post('/resume', { id })
  expect((await annsBrowser.get('/dashboard')).html).toContain('Your last attempt to send this form has not finished.')
  const { html } = await annsBrowser.get('/resume')
  expect([html.includes('Ann Lee'), html.includes('Your last attempt has not finished.')]).toEqual([true, true])
  expect(html).not.toMatch(/Send (now|again)|Nothing was saved/)
  expect(await name()).toBe('Ann')
})

test('after a kill during the attempt, a form is shown as perhaps sent and is not sent by an old button', async () => {
  const { annsBrowser, advance, id, name } = await annAfterKill()
  advance(minutes(1))
  const unconfirmed: Record<string, string>[] = [{ id }, {}]
  for (const interrupted_at of ['1', 'x', '']) unconfirmed.push({ id, interrupted_at })
  for (const fields of unconfirmed)
    expect(await annsBrowser.post('/resume', fields)).toMatchObject({ status: 303, to: '/resume' })
  expect(await name()).toBe('Ann')
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain('This form may have been sent')
  expect([html.includes('Send again'), html.includes('Nothing was saved')]).toEqual([true, false])
})

test('after a kill during the attempt, one of twenty confirmed attempts sends the form again', async () => {
  const { annsBrowser, advance, id, name } = await annAfterKill()
  advance(minutes(1))
  const interrupted_at = claimIn((await annsBrowser.get('/resume')).html)
  const sent = await Promise.all(
    Array.from({ length: 20 }, () => annsBrowser.copy().post('/resume', { id, interrupted_at })),
  )
  expect(sent.filter(({ to }) => to === '/profile')).toHaveLength(1)
  expect(await name()).toBe('Ann Lee')
})

test('a form that may have been sent can be discarded, and the message does not say that nothing was saved', async () => {
  const { annsBrowser, advance, id, deps, name } = await annAfterKill()
  advance(minutes(1))
  expect((await annsBrowser.post('/resume/discard', { id })).to).toBe('/dashboard')
  expect((await annsBrowser.get('/dashboard')).html).toContain('Form discarded. It may have been sent before.')
  expect([await name(), await deps.db.selectFrom('saved_requests').select('id').execute()]).toEqual(['Ann', []])
})
