import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { siteWithLoginProbe, storedSessions } from '../../support/login-probe'
import { ann } from '../../support/people'

test('a login ends the remembered device of the session that it replaces, also without its cookie', async () => {
  const { guards, app, users, ...site } = await siteWithLoginProbe()
  const feature = new Elysia({ prefix: '/as-eve' }).use(guards.anyone)
  app.use(
    feature.post('/', async ({ logIn, reply }) => {
      await logIn(users.eve, { method: 'password' })
      return reply.redirect('/')
    }),
  )
  const browser = site.browser()
  await browser.post('/login', { ...ann, remember: 'yes' })
  const attacker = browser.copy()
  attacker.jar.delete('session')
  browser.jar.delete('remember')
  await browser.post('/as-eve')
  expect((await attacker.get('/profile')).status).toBe(303)
})

test('the second of two logins in one request replaces the session and the device of the first', async () => {
  const { guards, app, users, ...site } = await siteWithLoginProbe()
  const feature = new Elysia({ prefix: '/twice' }).use(guards.anyone)
  app.use(
    feature.post('/', async ({ logIn, reply }) => {
      await logIn(users.ann, { method: 'password', remember: true })
      await logIn(users.eve, { method: 'password' })
      return reply.text('in')
    }),
  )
  const eves = site.browser()
  await eves.post('/twice')
  expect([...eves.jar.keys()].toSorted()).toEqual(['device', 'session'])
  const [sessions, series] = await storedSessions(site)
  const ends = sessions.map(({ user_id, ended_reason }) => [user_id, ended_reason] as const)
  expect(new Map(ends)).toEqual(
    new Map([
      [users.ann.id, 'logout'],
      [users.eve.id, null],
    ]),
  )
  expect([ends.length, series]).toMatchObject([2, [{ ended_reason: 'logout' }]])
})

test('a login and a logout in one request leave no session and no cookie', async () => {
  const { guards, app, users, ...site } = await siteWithLoginProbe()
  const feature = new Elysia({ prefix: '/in-and-out' }).use(guards.anyone)
  app.use(
    feature.post('/', async ({ logIn, logOut, reply }) => {
      await logIn(users.ann, { method: 'password', remember: true })
      await logOut()
      return reply.text('out')
    }),
  )
  const anns = site.browser()
  await anns.post('/in-and-out')
  expect([...anns.jar.keys()]).toEqual(['device'])
  const [sessions, series] = await storedSessions(site)
  expect([sessions, series]).toMatchObject([[{ ended_reason: 'logout' }], [{ ended_reason: 'logout' }]])
})
