import { SQL } from 'bun'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { isPostgres } from '@db/engine/engine'
import { seconds } from '@/lib/duration'
import { recordFailedLogin } from '@/model/security-events/failed-logins'
import { recordEvent } from '@/model/security-events/security-events'
import { Browser } from '../support/browser'
import { postgresTest } from '../support/databases'
import { closeNodes, openNodes, sharedDatabase } from '../support/nodes'
import { ann } from '../support/people'
import { findFreePort, start, stopStarted, waitUntilListening } from '../support/process'
import { CLOSED, ended, happened, listen, read } from '../support/stream'

setDefaultTimeout(60_000)

afterEach(closeNodes)
afterEach(stopStarted)

const PATH = '/settings/sessions/end-others'

/** A message that arrives within this time came by the channel, not by a heartbeat. */
const BEFORE_HEARTBEAT = seconds(20)

const nextOf = ({ next }: ReturnType<typeof read>) =>
  Promise.race([next(), Bun.sleep(BEFORE_HEARTBEAT).then(() => ({ event: 'nothing before the heartbeat' }))])

/** The next message that is not an event. */
async function nextOther(page: ReturnType<typeof read>) {
  for (;;) {
    const message = await nextOf(page)
    if (message.event !== 'security-event') return message
  }
}

test('logging out all other devices on one node ends the open page on another, and its next request', async () => {
  const { a, b } = await openNodes()
  const laptop = await a.as(ann)
  const page = await listen(a, laptop)
  expect(await page.next()).toMatchObject({ event: 'connected' })
  const phone = await b.as(ann)
  expect((await phone.post(PATH)).status).toBe(303)
  expect([await nextOther(page), await page.next()]).toEqual([ended('revoked'), CLOSED])
  expect(await laptop.get('/profile')).toMatchObject({ status: 303, to: '/relogin?next=%2Fprofile' })
  expect(await phone.get('/profile')).toMatchObject({ status: 200 })
})

test('an event on one node reaches the open pages of its user on another, and no page of others', async () => {
  const { a, b, users } = await openNodes()
  const [annsPage, evesPage] = [await listen(a, await a.as(users.ann)), await listen(a, await a.as(users.eve))]
  await Promise.all([annsPage.next(), evesPage.next()])
  await recordEvent(b.deps, { kind: 'token-created', userId: users.ann.id, tokenId: 'x' })
  expect(await nextOf(annsPage)).toEqual(happened('token-created'))
  await a.auth.streams.heartbeat()
  expect(await evesPage.next()).toEqual({ event: 'none' })
})

test('a failed login that commits after a later event is shown', async () => {
  const { a, b, users, deps, advance } = await openNodes()
  const page = await listen(a, await a.as(users.ann))
  await page.next()
  const early = deps.now()
  advance(1000)
  await recordEvent(b.deps, { kind: 'token-created', userId: users.ann.id, tokenId: 'x' })
  expect(await page.next()).toEqual(happened('token-created'))
  const client = { fingerprint: '', userAgent: 'Browser', ip: '192.0.2.0' }
  await recordFailedLogin({ ...b.deps, now: () => early }, ann.email, 'wrong-password', client)
  await a.auth.streams.refresh([users.ann.id])
  expect(await page.next()).toEqual(happened('login-failed'))
})

test('an event whose message was lost is shown after the next heartbeat', async () => {
  const { a, b, users } = await openNodes()
  const page = await listen(a, await a.as(users.ann))
  await page.next()
  const silent = { ...b.deps, emit: () => undefined }
  await recordEvent(silent, { kind: 'token-created', userId: users.ann.id, tokenId: 'x' })
  await a.auth.streams.heartbeat()
  expect(await page.next()).toEqual(happened('token-created'))
})

test('ids in a message that are forged, unknown or wrong end no session and show nothing', async () => {
  const { a, users } = await openNodes()
  const page = await listen(a, await a.as(users.ann))
  await page.next()
  await a.auth.streams.refresh(['', '~', "' or 1=1 --", '\0', users.eve.id, users.ann.id, users.ann.id])
  await a.auth.streams.heartbeat()
  expect(await page.next()).toEqual({ event: 'none' })
})

postgresTest('events that happen while a node cannot listen are shown when it listens again', async () => {
  const { a, b, users, url } = await openNodes()
  expect(isPostgres(a.deps.db)).toBe(true)
  const page = await listen(a, await a.as(users.ann))
  await page.next()
  await recordEvent(b.deps, { kind: 'token-created', userId: users.ann.id, tokenId: 'x' })
  expect(await nextOf(page)).toEqual(happened('token-created')) // the node listens
  const admin = new SQL({ url, max: 1 })
  const cut = await admin.unsafe(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
  )
  expect(cut.length).toBe(1)
  const silent = { ...b.deps, emit: () => undefined }
  await recordEvent(silent, { kind: 'token-revoked', userId: users.ann.id, tokenId: 'x' })
  expect(await nextOf(page)).toEqual(happened('token-revoked'))
  await admin.close()
})

test('with two processes on one database, logging out on one ends the open page of the other', async () => {
  const settings = { DATABASE_URL: await sharedDatabase(), MAIL_URL: 'off', SECRET_KEYS: 'A'.repeat(43) }
  const browserOf = async (server: ReturnType<typeof start>) => {
    await waitUntilListening(server)
    return new Browser((request) => fetch(request, { redirect: 'manual' }), server.url)
  }
  const [one, two] = [start(settings), start({ ...settings, PORT: findFreePort() })]
  const [laptop, phone] = [await browserOf(one), await browserOf(two)]
  await laptop.post('/signup', ann)
  await laptop.post('/login', ann)
  await phone.post('/login', ann)
  const headers = { cookie: `session=${laptop.jar.get('session')}`, accept: 'text/event-stream' }
  const { body } = await fetch(`${one.url}/session/stream`, { headers })
  const page = read(body?.pipeThrough(new TextDecoderStream()))
  expect(await page.next()).toMatchObject({ event: 'connected' })
  expect((await phone.post(PATH)).status).toBe(303)
  expect(await nextOther(page)).toEqual(ended('revoked'))
  expect((await laptop.get('/profile')).status).toBe(303)
})
