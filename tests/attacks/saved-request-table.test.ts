import { expect, test } from 'bun:test'
import { sha256 } from '@/lib/encoding'
import { listSavedRequests, consumeSavedRequest } from '@/model/saved-requests/saved-requests'
import { dumpDatabase } from '../support/dump-database'
import { annWithSavedRequest } from '../support/saved-request'
import { ann, eve } from '../support/people'
import { logLines } from '../support/no-stray-errors'

type Story = Awaited<ReturnType<typeof annWithSavedRequest>>

const TYPED = { name: 'Zanzibar', diary: 'few people know about the lighthouse', password: 'tell no one at all' }

/** Everything in the database, as text and decoded. */
async function dump(story: Story) {
  const tables = await dumpDatabase(story)
  const values = Object.values(tables).flat().flatMap(Object.values).map(String)
  const decoded = values.flatMap((value) =>
    (['base64url', 'hex'] as const).map((as) => Buffer.from(value, as).toString('latin1')),
  )
  return { tables: Object.keys(tables), text: [...values, ...decoded].join('\n') }
}

test('a copy of the database and the log contain no typed text and no secret of a saved request', async () => {
  const story = await annWithSavedRequest(TYPED, '/profile?lighthouse=1')
  const { tables, text } = await dump(story)
  expect(tables).toContain('saved_requests')
  expect(await story.savedRequests()).toHaveLength(1)
  expect(text).toContain(ann.email) // guards against an empty dump
  const secret = story.annsBrowser.jar.get('saved') ?? ''
  expect(secret).toMatch(/^[\w-]{43}$/)
  for (const words of [text, logLines.join('\n')])
    for (const word of ['Zanzibar', 'lighthouse', 'few people know', 'tell no one', 'diary', secret])
      expect(words.includes(word)).toBe(false)
})

test('the values in the database decrypt no saved request, because the secret is only in the cookie', async () => {
  const story = await annWithSavedRequest(TYPED)
  const { id, key_hash, ciphertext } = await story.savedRequest()
  const secret = story.annsBrowser.jar.get('saved') ?? ''
  expect(key_hash).toBe(sha256(secret))
  const sessions = await story.deps.db.selectFrom('sessions').select(['token_hash', 'id']).execute()
  for (const value of [
    id,
    key_hash,
    ciphertext,
    story.users.ann.id,
    ...sessions.flatMap((row) => Object.values(row)),
  ]) {
    if (value === null) continue
    await story.deps.db
      .updateTable('saved_requests')
      .set({ key_hash: sha256(value) })
      .execute()
    expect(await listSavedRequests(story.deps, { user: story.users.ann, secret: value })).toEqual([])
  }
  await story.deps.db.updateTable('saved_requests').set({ key_hash }).execute()
  expect(await listSavedRequests(story.deps, { user: story.users.ann, secret })).toHaveLength(1)
})

test('a saved request is deleted after it was sent, discarded or logged out from', async () => {
  for (const path of ['/resume', '/resume/discard', '/logout']) {
    const { annsBrowser, back, savedRequests } = await annWithSavedRequest()
    await back()
    expect(await savedRequests()).toHaveLength(1)
    await annsBrowser.post(path)
    expect(await savedRequests()).toEqual([])
  }
})

const moves: [to: string, move: (story: Story) => object, who: typeof ann][] = [
  ['another user', ({ users }) => ({ user_id: users.eve.id }), eve],
  ['another user and their browser', ({ users }) => ({ user_id: users.eve.id, key_hash: sha256('x'.repeat(43)) }), eve],
  ['another browser of its user', () => ({ key_hash: sha256('x'.repeat(43)) }), ann],
  ['another id', () => ({ id: 'x'.repeat(22) }), ann],
]

test.each(moves)('a saved request whose row was moved to %s cannot be decrypted or sent', async (...row) => {
  const [, move, who] = row
  const story = await annWithSavedRequest(TYPED)
  const secret = story.annsBrowser.jar.get('saved') ?? ''
  const moved = move(story)
  await story.deps.db.updateTable('saved_requests').set(moved).execute()
  const { id } = await story.savedRequest()
  const browser = await story.as(who)
  browser.keep('saved', 'key_hash' in moved ? 'x'.repeat(43) : secret)
  expect(await browser.get('/resume')).toMatchObject({ status: 303, to: '/dashboard' })
  expect(await browser.post('/resume', { id })).toMatchObject({ status: 303, to: '/dashboard' })
  expect(await story.names()).toEqual(['Ann', 'Eve'])
})

test('two saved requests with swapped contents cannot be decrypted', async () => {
  const story = await annWithSavedRequest({ name: 'Ann Lee' })
  story.advance(1)
  await story.annsBrowser.post('/profile', { name: 'Ann the Second' })
  const [one, other] = await story.savedRequests()
  for (const [to, from] of [
    [one, other],
    [other, one],
  ])
    await story.deps.db
      .updateTable('saved_requests')
      .set({ ciphertext: from?.ciphertext })
      .where('id', '=', to?.id ?? '')
      .execute()
  const keeper = { user: story.users.ann, secret: story.annsBrowser.jar.get('saved') ?? '' }
  expect(await listSavedRequests(story.deps, keeper)).toEqual([])
  expect(await consumeSavedRequest(story.deps, keeper, one?.id)).toBeUndefined()
})
