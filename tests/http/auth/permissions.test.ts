import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { changeRole, type Permission } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { ann, annAndEve } from '../../support/people'

/** Ann is logged in; routes require users:read, users:write or only a login. */
async function annAtTheDoor(remember = '', auth?: AuthOptions) {
  const site = await annAndEve({}, auth)
  const place = (path: string, permission: Permission) =>
    new Elysia().use(site.guards.permissionRequired(permission)).get(path, ({ reply }) => reply.text('in'))
  site.app.use(place('/staff', 'users:read')).use(place('/vault', 'users:write')).use(place('/own', 'profile:read'))
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', { ...ann, remember })
  await annsBrowser.get('/probe')
  if (remember) annsBrowser.close()
  // One after another: the first request rotates the token.
  const tour = async () => {
    const statuses = []
    for (const path of ['/own', '/staff', '/vault']) statuses.push((await annsBrowser.get(path)).status)
    return statuses
  }
  return { ...site, annsBrowser, tour }
}

test('a changed role applies from the next request', async () => {
  const { deps, users, tour } = await annAtTheDoor()
  expect(await tour()).toEqual([200, 403, 403])
  await changeRole(deps, users.eve, 'admin', 'command line')
  for (const [role, statuses] of [
    ['support', [200, 200, 403]],
    ['admin', [200, 200, 200]],
    ['user', [200, 403, 403]],
  ] as const) {
    await changeRole(deps, users.ann, role, 'command line')
    expect(await tour()).toEqual([...statuses])
  }
})

test('a changed role rotates the session token once, at the next request', async () => {
  for (const remember of ['', 'yes']) {
    const { annsBrowser, deps, users } = await annAtTheDoor(remember)
    await annsBrowser.get('/profile')
    const stolen = annsBrowser.copy()
    stolen.jar.delete('remember')
    await changeRole(deps, users.ann, 'support', 'command line')
    const { status, set } = await annsBrowser.get('/staff')
    expect([status, set.filter((line) => line.startsWith('session=')).length]).toEqual([200, 1])
    expect((await annsBrowser.get('/staff')).set).toEqual([])
    expect(await stolen.get('/staff')).toMatchObject({ status: 303, to: '/login?next=%2Fstaff' })
  }
})

test('an unchanged role keeps the session token', async () => {
  const { annsBrowser, deps, users } = await annAtTheDoor()
  await changeRole(deps, users.ann, 'user', 'command line')
  expect((await annsBrowser.get('/profile')).set).toEqual([])
  await changeRole(deps, users.ann, 'admin', 'command line')
  await annsBrowser.get('/profile')
  expect(await changeRole(deps, users.ann, 'user', 'command line')).toBe(false)
  expect((await annsBrowser.get('/vault')).set).toEqual([])
  expect((await annsBrowser.get('/vault')).status).toBe(200)
})

test('parallel tabs share the rotated token after a role change, and a denied tab receives it', async () => {
  let arrive = () => Promise.resolve()
  const { annsBrowser, deps, users } = await annAtTheDoor('', {
    findUser: async (id, deps) => {
      await arrive() // after the read of the session, and before the rotation of its token
      return findUser(deps, id)
    },
  })
  await changeRole(deps, users.ann, 'support', 'command line')
  const { promise: allArrived, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  arrive = () => {
    if (++arrived === 3) resolve()
    return allArrived
  }
  const tabs = [annsBrowser.copy(), annsBrowser.copy(), annsBrowser.copy()]
  const answers = await Promise.all(tabs.map((tab) => tab.get('/vault')))
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
})
