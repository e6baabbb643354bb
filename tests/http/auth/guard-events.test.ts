import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { hours, minutes } from '@/lib/duration'
import { adminTest } from '../../support/features'
import { ann, annAndEve, annLoggedIn } from '../../support/people'
import { ID, eventsDuring } from '../../support/emitted-events'

test('a denied request emits an event with its path but without the query, and OPTIONS emits none', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, browser } = site
  const visitor = browser()
  const refused = (path: string) => expect.objectContaining({ kind: 'access-denied', reason: 'unauthenticated', path })
  expect(await eventsDuring(site, () => visitor.get('/profile?token=secret'))).toEqual([refused('/profile')])
  expect(await eventsDuring(site, () => visitor.get('/relogin'))).toEqual([refused('/relogin')])
  expect(await eventsDuring(site, () => visitor.get('/api/me', { authorization: 'Bearer x' }))).toEqual([
    refused('/api/me'),
  ])
  for (const path of ['/profile', '/relogin', '/api/me'])
    expect(
      await eventsDuring(site, () => visitor.ask(path, { method: 'OPTIONS', headers: { authorization: 'x' } })),
    ).toEqual([])
  for (const path of ['/', '/probe', '/nowhere', '/login'])
    expect(await eventsDuring(site, () => visitor.get(path))).toEqual([])
  for (const path of ['/profile', '/settings', '/login'])
    expect(await eventsDuring(site, () => annsBrowser.get(path))).toEqual([])
})

adminTest('an event contains only the start of a long path', async () => {
  const { browser, events } = await annAndEve()
  await browser().get(`/admin/users/${'A;'.repeat(7500)}`)
  expect(events.at(-1)).toMatchObject({ kind: 'access-denied', path: `/admin/users/${'A;'.repeat(121)}A` })
})

test('a denied event for a missing permission has the user id', async () => {
  const site = await annAndEve()
  site.app.use(
    new Elysia().use(site.guards.permissionRequired('users:read')).get('/staff', ({ reply }) => reply.text('in')),
  )
  const anns = site.browser()
  await anns.post('/login', ann)
  expect(await eventsDuring(site, () => anns.get('/staff'))).toEqual([
    { kind: 'access-denied', reason: 'forbidden', path: '/staff', userId: site.users.ann.id },
  ])
})

test('a denied event for an ended session has the user id while the session is kept', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, advance, users } = site
  const refused = (userId?: string) => [{ kind: 'access-denied', reason: 'unauthenticated', path: '/profile', userId }]
  advance(minutes(5))
  await annsBrowser.get('/probe') // emits the end of the session
  expect(await eventsDuring(site, () => annsBrowser.get('/profile'))).toEqual(refused(users.ann.id))
  advance(hours(24))
  expect(await eventsDuring(site, () => annsBrowser.get('/profile'))).toEqual(refused())
})

test('a changed client emits one event per change for all tabs, and none for a visitor', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, browser, users } = site
  const move = (client: string) =>
    eventsDuring(site, () => Promise.all(Array.from({ length: 10 }, () => annsBrowser.copy(client).get('/profile'))))
  const changed = [{ kind: 'client-changed', userId: users.ann.id, sessionId: ID }]
  expect(await move('Test browser')).toEqual([])
  expect(await move('Another browser')).toEqual(changed)
  expect(await move('Another browser')).toEqual([])
  expect(await move('Test browser')).toEqual(changed)
  for (const client of ['Test browser', 'Another browser'])
    expect(
      await eventsDuring(site, () => browser(client).get('/probe', { cookie: 'flash=logged-out; cart=7' })),
    ).toEqual([])
})
