import { expect, test } from 'bun:test'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { replaySavedRequest } from '@/http/auth/saved-request'
import { annWithSavedRequest } from '../support/saved-request'
import { takeLoggedErrors } from '../support/no-stray-errors'

test('a saved request that fails stays saved and can be sent again', async () => {
  const { annsBrowser, back, deps, savedRequest, savedRequests, names } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  await sql`create trigger reject before update of name on users begin select raise(abort, 'broken'); end`.execute(
    deps.db,
  )
  expect((await annsBrowser.post('/resume', { id })).status).toBe(500)
  expect(takeLoggedErrors()).toHaveLength(1)
  expect((await annsBrowser.get('/resume')).html).toContain('Ann Lee')
  await sql`drop trigger reject`.execute(deps.db)
  await annsBrowser.post('/resume', { id })
  expect([await savedRequests(), await names()]).toEqual([[], ['Ann Lee', 'Eve']])
})

test('a saved request that is being carried out is not sent a second time, until its claim expires', async () => {
  const { annsBrowser, back, deps, savedRequest, names, advance } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  await deps.db.updateTable('saved_requests').set({ claimed_at: deps.now() }).execute()
  expect((await annsBrowser.post('/resume', { id })).to).toBe('/dashboard')
  expect(await names()).toEqual(['Ann', 'Eve'])
  advance(minutes(1))
  await annsBrowser.post('/resume', { id })
  expect(await names()).toEqual(['Ann Lee', 'Eve'])
})

test.each([
  [303, 0],
  [422, 0],
  [429, 1],
  [503, 1],
])('after a response with status %d, %d saved requests are left', async (status, left) => {
  const { annsBrowser, back, deps, users, savedRequest, savedRequests } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  const key = { user: users.ann, secret: annsBrowser.jar.get('saved') ?? '' }
  const handle = async () => new Response(null, { status })
  const replayed = await replaySavedRequest(deps, new Request('http://localhost:3000/resume'), key, id, handle)
  expect([replayed?.status, (await savedRequests()).length]).toEqual([status, left])
})
