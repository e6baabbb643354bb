import { expect, test } from 'bun:test'
import { createApp } from '@/app'
import { minutes } from '@/lib/duration'
import { findLastEventId } from '@/model/security-events/event-list'
import { testWith, tokenTest } from '../../support/features'
import type { Browser } from '../../support/browser'
import { annOnTwoDevices } from '../../support/devices'
import { ann, annAndEve, annLoggedIn, eve } from '../../support/people'
import { annAsAdmin } from '../../support/roles'
import { CLOSED, ended, happened, listen, REPLACED } from '../../support/stream'

const makeToken = (browser: Browser) => browser.post('/settings/tokens', { name: 'backup', scopes: 'profile:read' })

async function annListening() {
  const site = await annOnTwoDevices()
  const pages = { laptop: await listen(site, site.laptop), phone: await listen(site, site.phone) }
  return { ...site, pages }
}

const greeted = (page: { next: () => Promise<unknown> }) => page.next()

test('a new stream starts with the last event id and the retry interval', async () => {
  const { pages, deps, users } = await annListening()
  const { status, headers } = pages.laptop
  expect([status, headers.get('content-type'), headers.get('cache-control'), headers.getSetCookie()]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
    'no-store',
    [],
  ])
  const id = await findLastEventId(deps, users.ann.id)
  expect(await pages.laptop.next()).toEqual({ event: 'connected', data: {}, id, retry: '2000' })
})

tokenTest('a security event is sent to all devices of its user and to no other user', async () => {
  const { pages, phone, ...site } = await annListening()
  const eves = await site.as(eve)
  const evesPage = await listen(site, eves)
  for (const page of [pages.laptop, pages.phone, evesPage]) await greeted(page)
  await makeToken(eves)
  await eves.post('/logout')
  await makeToken(phone)
  for (const page of [pages.laptop, pages.phone]) expect(await page.next()).toEqual(happened('token-created'))
  expect([await evesPage.next(), await evesPage.next(), await evesPage.next()]).toEqual([
    happened('token-created'),
    ended('logout'),
    CLOSED,
  ])
})

const NEW = 'five boxing wizards'

type Story = Awaited<ReturnType<typeof annListening>>

const ends: [how: string, reason: string, end: (story: Story) => Promise<unknown>, elsewhere: string][] = [
  ['a logout', 'logout', ({ laptop }) => laptop.copy().post('/logout'), 'logged-out'],
  [
    'its End',
    'revoked',
    async ({ laptop, phone, idOf }) => phone.post(`/settings/sessions/${await idOf(laptop)}/end`),
    'session-ended',
  ],
  ['End all other sessions', 'revoked', ({ phone }) => phone.post('/settings/sessions/end-others'), 'session-ended'],
  [
    'a change of password',
    'password',
    ({ phone }) => phone.post('/settings/password', { password: ann.password, new_password: NEW }),
    'session-ended',
  ],
]

test.each(ends)('%s closes the stream with its reason, and the other device receives an event', async (...row) => {
  const [, reason, end, elsewhere] = row
  const story = await annListening()
  const { laptop, phone } = story.pages
  for (const page of [laptop, phone]) await greeted(page)
  await end(story)
  expect([await laptop.next(), await laptop.next()]).toEqual([ended(reason), CLOSED])
  expect(await phone.next()).toEqual(happened(elsewhere))
})

testWith('admin', 'settings/tokens')('deactivating a user closes the stream', async () => {
  const site = await annAsAdmin()
  const [evesPage, annsPage] = [await listen(site, site.eves), await listen(site, site.anns)]
  for (const page of [evesPage, annsPage]) await greeted(page)
  await site.anns.post(`${site.pageOf('eve')}/deactivate`)
  expect([await evesPage.next(), await evesPage.next()]).toEqual([ended('deactivated'), CLOSED])
  await makeToken(site.anns)
  expect(await annsPage.next()).toEqual(happened('token-created')) // ann does not receive the end of eve's session
})

tokenTest('a client that reconnects with a last event id receives the missed events once, in order', async () => {
  const { pages, phone, laptop, ...site } = await annListening()
  const { id = '' } = await pages.laptop.next()
  await pages.laptop.cancel()
  for (const happen of [
    () => makeToken(phone),
    () => site.browser().post('/login', { ...ann, password: 'wrong' }),
    () => phone.post('/logout'),
  ]) {
    await happen()
    site.advance(1)
  }
  const back = await listen(site, laptop, { 'last-event-id': id })
  expect(await back.next()).toMatchObject({ event: 'connected', id })
  const missed = [await back.next(), await back.next(), await back.next()]
  expect(missed).toEqual([happened('token-created'), happened('login-failed'), happened('logged-out')])
  const again = await listen(site, laptop, { 'last-event-id': missed[1]?.id ?? '' })
  expect(await again.next()).toMatchObject({ event: 'connected', id: missed[1]?.id })
  expect(await again.next()).toEqual(missed[2] ?? CLOSED)
  await makeToken(laptop)
  for (const page of [back, again]) expect(await page.next()).toEqual(happened('token-created'))
})

tokenTest(
  'a user has at most ten streams: the next one replaces the oldest, also with twenty concurrent requests',
  async () => {
    const site = await annLoggedIn()
    const eves = await site.as(eve)
    const evesPage = await listen(site, eves)
    const pages = await Promise.all(Array.from({ length: 20 }, () => listen(site, site.annsBrowser)))
    expect(pages.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    for (const page of [...pages, evesPage]) await greeted(page)
    await makeToken(site.annsBrowser)
    const messages = await Promise.all(pages.map(async (page) => ({ page, message: await page.next() })))
    const [kept, replaced] = [true, false].map((isKept) =>
      messages.filter(({ message }) => (message.event === 'security-event') === isKept),
    )
    expect(kept?.map(({ message }) => message)).toEqual(Array.from({ length: 10 }, () => happened('token-created')))
    expect(replaced?.map(({ message }) => message)).toEqual(Array.from({ length: 10 }, () => REPLACED))
    for (const { page } of replaced ?? []) expect(await page.next()).toEqual(CLOSED)
    // Any of concurrent requests may be the oldest, so the order is tested with later ones.
    const later: typeof pages = []
    for (let n = 0; n < 12; n++) {
      const page = await listen(site, site.annsBrowser)
      await greeted(page)
      later.push(page)
      if (n === 10) await later[2]?.cancel()
    }
    for (const { page } of kept ?? []) expect([await page.next(), await page.next()]).toEqual([REPLACED, CLOSED])
    expect([await later[0]?.next(), await later[0]?.next()]).toEqual([REPLACED, CLOSED])
    await makeToken(site.annsBrowser)
    for (const page of [later[1], ...later.slice(3)]) expect(await page?.next()).toEqual(happened('token-created'))
    await makeToken(eves)
    expect(await evesPage.next()).toEqual(happened('token-created')) // not replaced by the streams of ann
  },
)

tokenTest('a HEAD request replaces no stream', async () => {
  const { annsBrowser, ...site } = await annLoggedIn()
  const pages = await Promise.all(Array.from({ length: 10 }, () => listen(site, annsBrowser)))
  for (const page of pages) await greeted(page)
  for (let i = 0; i < 12; i++)
    expect((await annsBrowser.ask('/session/stream', { method: 'HEAD', headers: {} })).status).toBe(200)
  await makeToken(annsBrowser)
  for (const page of pages) expect(await page.next()).toEqual(happened('token-created'))
})

test('open and repeated streams do not extend the session', async () => {
  const { annsBrowser, advance, ...site } = await annLoggedIn()
  await listen(site, annsBrowser)
  advance(minutes(4))
  expect((await listen(site, annsBrowser)).status).toBe(200)
  advance(minutes(1) - 1)
  expect((await listen(site, annsBrowser)).status).toBe(200)
  advance(1)
  expect((await listen(site, annsBrowser)).status).toBe(401)
  expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/relogin?next=%2Fprofile' })
})

test('a stream without a session is refused and restores no remembered device', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann, { remembered: true })
  anns.close()
  for (const browser of [site.browser(), anns]) {
    const { status, headers } = await listen(site, browser)
    expect([status, headers.get('content-type'), headers.getSetCookie()]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
      [],
    ])
  }
})

test('a shutdown closes all streams, so that browsers reconnect to the next server', async () => {
  const { deps, annsBrowser } = await annLoggedIn()
  const stopping = new AbortController()
  const { app } = createApp(deps, { signal: stopping.signal })
  const page = await listen({ app }, annsBrowser)
  await greeted(page)
  stopping.abort()
  expect(await page.next()).toEqual(CLOSED)
})
