import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { ann, annAndEve, eve } from '../../support/people'

/** `/who` returns what a handler knows; two routes require a login conditionally. */
async function siteThatTells() {
  const site = await annAndEve({ SESSION_IDLE_SECONDS: '3600' })
  const who = new Elysia({ prefix: '/who' }).use(site.guards.anyone)
  site.app.use(
    who
      .get('/', ({ currentUser, visitor, session, token, isFresh, isRemembered, can, reply }) =>
        reply.json({
          name: currentUser?.name,
          visitor,
          hasSession: session !== undefined,
          hasToken: token !== undefined,
          isFresh,
          isRemembered,
          can: can('users:read'),
        }),
      )
      .get('/asks/:when', ({ params, requireLogin, requireFreshLogin, reply }) => {
        if (params.when === 'never') return reply.text('for everybody')
        const { currentUser } = params.when === 'fresh' ? requireFreshLogin() : requireLogin()
        return reply.text(`for ${currentUser.name}`)
      })
      .post('/asks', ({ requireLogin, reply }) => reply.text(`for ${requireLogin().currentUser.name}`))
      .post('/confirms', async ({ reauthenticate, reply }) =>
        reply.text((await reauthenticate({ method: 'password' })).kind),
      ),
  )
  return { ...site, anns: site.browser() }
}

test('a handler knows the user, the freshness, the remember state and the permissions', async () => {
  const { anns, deps, users, advance } = await siteThatTells()
  const readContext = async () => JSON.parse((await anns.get('/who')).html)
  const loggedOut = { hasSession: false, hasToken: false, isFresh: false, isRemembered: false, can: false }
  expect(await readContext()).toEqual({ ...loggedOut, visitor: { isAnonymous: true } })
  await anns.post('/login', ann)
  const fresh = { name: 'Ann', hasSession: true, hasToken: false, isFresh: true, isRemembered: false, can: false }
  expect(await readContext()).toEqual(fresh)
  advance(minutes(5) - 1)
  expect(await readContext()).toEqual(fresh)
  advance(1)
  expect(await readContext()).toEqual({ ...fresh, isFresh: false })
  await changeRole(deps, users.ann, 'support', 'command line')
  expect(await readContext()).toEqual({ ...fresh, isFresh: false, can: true })
  await anns.post('/logout')
  await anns.post('/login', { ...ann, remember: 'yes' })
  expect(await readContext()).toEqual({ ...fresh, isRemembered: true, can: true })
  anns.close()
  expect(await readContext()).toEqual({ ...fresh, isFresh: false, isRemembered: true, can: true })
})

test('a remember token of another user does not mark a session as remembered', async () => {
  const { anns, browser } = await siteThatTells()
  await anns.post('/login', { ...ann, remember: 'yes' })
  const eves = browser()
  await eves.post('/login', eve)
  eves.jar.set('remember', anns.jar.get('remember') ?? '')
  expect(JSON.parse((await eves.get('/who')).html)).toMatchObject({ name: 'Eve', isRemembered: false })
})

test('a handler can require a login conditionally and responds like a guard', async () => {
  const { anns, advance } = await siteThatTells()
  expect((await anns.get('/who/asks/never')).html).toBe('for everybody')
  for (const when of ['always', 'fresh'])
    expect(await anns.get(`/who/asks/${when}`)).toMatchObject({
      status: 303,
      to: `/login?next=%2Fwho%2Fasks%2F${when}`,
    })
  expect(await anns.getHtmx('/who/asks/always')).toMatchObject({ status: 401, html: '' })
  expect(await anns.post('/who/asks')).toMatchObject({ status: 303, to: '/login' })
  expect((await anns.get('/login')).html).toContain('Please log in to access this page.')
  await anns.post('/login', ann)
  for (const when of ['always', 'fresh']) expect((await anns.get(`/who/asks/${when}`)).html).toBe('for Ann')
  advance(minutes(5))
  expect((await anns.get('/who/asks/always')).html).toBe('for Ann')
  expect(await anns.get('/who/asks/fresh')).toMatchObject({ status: 303, to: '/relogin?next=%2Fwho%2Fasks%2Ffresh' })
})

test('reauthentication without a session writes nothing and sets no cookie', async () => {
  const { anns, browser, deps, events } = await siteThatTells()
  await anns.post('/login', ann)
  const gone = anns.copy()
  await anns.post('/logout')
  const before = { sessions: await deps.db.selectFrom('sessions').selectAll().execute(), readContext: events.length }
  for (const one of [browser(), anns, gone])
    expect(await one.post('/who/confirms')).toMatchObject({ html: 'rejected', set: [] })
  expect(await deps.db.selectFrom('sessions').selectAll().execute()).toEqual(before.sessions)
  expect(events).toHaveLength(before.readContext)
})

test('a reauthentication makes the session fresh, rotates the token and emits an event', async () => {
  const { anns, advance, events, users } = await siteThatTells()
  await anns.post('/login', ann)
  advance(minutes(5))
  const old = anns.copy()
  expect((await anns.post('/who/confirms')).html).toBe('logged-in')
  expect(events.at(-1)).toMatchObject({ kind: 'reauthenticated', userId: users.ann.id })
  expect((await anns.get('/settings/password')).status).toBe(200)
  expect((await old.get('/profile')).status).toBe(303)
})

test('concurrent requests each keep their own user', async () => {
  const { anns, browser } = await siteThatTells()
  const eves = browser()
  await Promise.all([anns.post('/login', ann), eves.post('/login', eve)])
  const people = [anns, eves, browser()]
  const asked = Array.from({ length: 60 }, (_, i) => people[i % 3]?.get('/who'))
  const names = (await Promise.all(asked)).map((answer) => JSON.parse(answer?.html ?? '').name)
  expect(names).toEqual(Array.from({ length: 20 }, () => ['Ann', 'Eve', undefined]).flat())
})
