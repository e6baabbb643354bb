import { expect, test } from 'bun:test'
import { hours, minutes } from '@/lib/duration'
import { createSessionStreams } from '@/http/sse/session-stream'
import { annOnTwoDevices, sessionOf } from '../../support/devices'
import { ann } from '../../support/people'
import { BEAT, CLOSED, ended, happened, read } from '../../support/stream'

/** Like a second process on the same database: events of the site reach its streams through the database only. */
async function annListeningElsewhere(env?: Record<string, string>) {
  const site = await annOnTwoDevices(env)
  const streams = createSessionStreams(() => site.deps)
  const open = async (session: Awaited<ReturnType<typeof sessionOf>>, after?: string) =>
    read(await streams.open(session, after))
  const session = await sessionOf(site, site.laptop)
  const page = await open(session)
  expect(await page.next()).toMatchObject({ event: 'connected' })
  return { ...site, streams, open, session, page }
}

test.each([
  ['idle', {}, minutes(5)],
  ['absolute', { SESSION_IDLE_SECONDS: '43201' }, hours(12)],
])(
  'a session that expires (%s) closes its stream at the next heartbeat, and not before',
  async (reason, env, limit) => {
    const { streams, page, advance } = await annListeningElsewhere(env)
    advance(limit - 1)
    await streams.heartbeat()
    expect(await page.next()).toEqual(BEAT)
    advance(1)
    await streams.heartbeat()
    expect([await page.next(), await page.next()]).toEqual([ended(reason), CLOSED])
  },
)

test('a session ended by another process closes its stream at the next heartbeat, and other streams stay', async () => {
  const { streams, page, open, laptop, phone, ...site } = await annListeningElsewhere()
  const phonesPage = await open(await sessionOf(site, phone))
  await phonesPage.next()
  await laptop.post('/logout')
  await streams.heartbeat()
  expect([await page.next(), await page.next()]).toEqual([ended('logout'), CLOSED])
  expect([await phonesPage.next(), await phonesPage.next()]).toEqual([happened('logged-out'), BEAT])
})

test('a session that ends after the guard ran receives its end at once and frees its stream', async () => {
  const { open, session, laptop } = await annListeningElsewhere()
  await laptop.post('/logout')
  for (let i = 0; i < 12; i++) {
    const late = await open(session)
    expect([await late.next(), await late.next(), await late.next()]).toEqual([
      expect.objectContaining({ event: 'connected' }),
      ended('logout'),
      CLOSED,
    ])
  }
})

test('a client that never reads is dropped after 64 messages, and its stream is freed', async () => {
  const { streams, open, session } = await annListeningElsewhere()
  const silent = await Promise.all(Array.from({ length: 9 }, () => streams.open(session, undefined)))
  for (let i = 0; i < 63; i++) await streams.heartbeat()
  const [first] = silent
  const page = read(first)
  expect(await page.next()).toMatchObject({ event: 'connected' })
  await streams.heartbeat()
  for (let i = 0; i < 64; i++) expect(await page.next()).toEqual(BEAT)
  const dropped = read(silent[1])
  await dropped.next()
  for (let i = 0; i < 63; i++) expect(await dropped.next()).toEqual(BEAT)
  expect(await dropped.next()).toEqual(CLOSED)
  expect(await (await open(session)).next()).toMatchObject({ event: 'connected' })
})

test('a stream that fails to open, or whose session has ended, replaces no stream and is freed', async () => {
  const { deps, ...site } = await annOnTwoDevices()
  const broken = { ...deps, db: deps.db.withSchema('missing') }
  let current = deps
  const streams = createSessionStreams(() => current)
  const session = await sessionOf({ deps, ...site }, site.laptop)
  const pages = await Promise.all(Array.from({ length: 10 }, async () => read(await streams.open(session, undefined))))
  for (const page of pages) await page.next()
  current = broken
  for (let i = 0; i < 12; i++) expect(streams.open(session, '0')).rejects.toThrow()
  current = deps
  const phones = await sessionOf({ deps, ...site }, site.phone)
  await site.phone.post('/logout')
  for (let i = 0; i < 12; i++) await streams.open(phones, undefined)
  await streams.heartbeat()
  for (const page of pages) expect([await page.next(), await page.next()]).toEqual([happened('logged-out'), BEAT])
})

test('an event seen by two concurrent reads is sent once', async () => {
  const { streams, page, users, browser } = await annListeningElsewhere()
  await browser().post('/login', { ...ann, password: 'wrong' })
  const event = { kind: 'login-failed', reason: 'wrong-password', userId: users.ann.id } as const
  for (let i = 0; i < 3; i++) streams.publish(event)
  expect(await page.next()).toEqual(happened('login-failed'))
  await browser().post('/login', ann)
  streams.publish({ kind: 'logged-in', userId: users.ann.id, sessionId: 'x', remembered: false, amr: 'password' })
  expect(await page.next()).toEqual(happened('logged-in'))
})

test('a stream that ends while events are read does not keep them from the next stream', async () => {
  const { streams, open, page, session, phone, users, ...site } = await annListeningElsewhere()
  const phonesPage = await open(await sessionOf(site, phone))
  await phonesPage.next()
  await site.browser().post('/login', { ...ann, password: 'wrong' })
  streams.publish({ kind: 'login-failed', reason: 'wrong-password', userId: users.ann.id })
  streams.publish({ kind: 'session-ended', userId: users.ann.id, sessionId: session.id, reason: 'revoked' })
  expect(await phonesPage.next()).toEqual(happened('login-failed'))
  expect([await page.next(), await page.next()]).toEqual([ended('revoked'), CLOSED])
})

test('closing ends all streams, and new streams can open afterwards', async () => {
  const { streams, page, open, session } = await annListeningElsewhere()
  streams.close()
  expect(await page.next()).toEqual(CLOSED)
  expect(await (await open(session)).next()).toMatchObject({ event: 'connected' })
})

test('a stream whose client disconnects is removed without an error', async () => {
  const { streams, page, open, session } = await annListeningElsewhere()
  await page.cancel()
  await streams.heartbeat()
  expect(await (await open(session)).next()).toMatchObject({ event: 'connected' })
})
