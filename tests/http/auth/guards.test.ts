import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import { ann, annAndEve } from '../../support/people'

/** One route behind each guard; `tour` requests all of them and returns where each one led. */
async function guardedSite() {
  const site = await annAndEve({ SESSION_IDLE_SECONDS: '3600' })
  const { noSession, permissionRequired, freshPermissionRequired, ...others } = site.guards
  const guards = {
    ...others,
    permissionRequired: permissionRequired('profile:read'),
    freshPermissionRequired: freshPermissionRequired('profile:write'),
  }
  const places = Object.entries(guards)
  const body = t.Object({ word: t.String() })
  for (const [name, guard] of places)
    site.app.use(new Elysia().use(guard).post(`/${name}`, ({ reply }) => reply.redirect('/in'), { body }))
  site.app.use(new Elysia().use(noSession).post('/noSession', ({ reply }) => reply.redirect('/in'), { body }))

  const tour = async (browser: Browser, fields: Record<string, string> = { word: 'friend' }) =>
    Object.fromEntries(
      await Promise.all(
        [...Object.keys(guards), 'noSession'].map(async (name) => {
          const { to, status } = await browser.copy().post(`/${name}`, fields)
          return [name, to ?? status] as const
        }),
      ),
    )
  return { ...site, tour, anns: site.browser() }
}

test('a visitor is redirected to the login before the form is validated', async () => {
  const { tour, anns } = await guardedSite()
  const closed = {
    loginRequired: '/login',
    verifiedEmailRequired: '/login',
    poll: '/login',
    permissionRequired: '/login',
    freshLoginRequired: '/login',
    secondFactorRequired: '/login',
    freshSecondFactorRequired: '/login',
    freshPermissionRequired: '/login',
    secondStepPending: '/login',
    reloginPending: '/login?next=%2Fprofile',
  }
  expect(await tour(anns)).toEqual({ anyone: '/in', guest: '/in', noSession: '/in', ...closed })
  expect(await tour(anns, {})).toEqual({ anyone: 422, guest: 422, noSession: 422, ...closed })
})

test('a login is fresh for five minutes and opens every page except guest pages', async () => {
  const { tour, anns, advance } = await guardedSite()
  await anns.post('/login', ann)
  advance(minutes(5) - 1)
  const open = {
    anyone: '/in',
    noSession: '/in',
    guest: '/profile',
    loginRequired: '/in',
    verifiedEmailRequired: '/in',
    poll: '/in',
    permissionRequired: '/in',
    secondFactorRequired: '/settings/security',
  }
  expect(await tour(anns)).toEqual({
    ...open,
    freshLoginRequired: '/in',
    freshSecondFactorRequired: '/settings/security',
    freshPermissionRequired: '/in',
    secondStepPending: '/login',
    reloginPending: '/profile',
  })
  advance(1)
  expect(await tour(anns)).toEqual({
    ...open,
    freshLoginRequired: '/relogin',
    freshSecondFactorRequired: '/relogin',
    freshPermissionRequired: '/relogin',
    secondStepPending: '/login',
    reloginPending: '/in',
  })
})

test('each protected page redirects to the re-login after the session expired', async () => {
  const { tour, anns, advance } = await guardedSite()
  await anns.post('/login', ann)
  advance(minutes(60))
  expect(await tour(anns)).toEqual({
    anyone: '/in',
    noSession: '/in',
    guest: '/in',
    loginRequired: '/relogin',
    verifiedEmailRequired: '/relogin',
    poll: '/relogin',
    permissionRequired: '/relogin',
    secondFactorRequired: '/relogin',
    freshSecondFactorRequired: '/relogin',
    freshLoginRequired: '/relogin',
    freshPermissionRequired: '/relogin',
    secondStepPending: '/login',
    reloginPending: '/in',
  })
})

test('htmx receives an empty 401 with HX-Redirect', async () => {
  const { anns, advance } = await guardedSite()
  expect(await anns.getHtmx('/profile')).toMatchObject({ status: 401, to: '/login?next=%2Fprofile', html: '' })
  await anns.post('/login', ann)
  advance(minutes(5))
  expect(await anns.getHtmx('/settings/password')).toMatchObject({
    status: 401,
    to: '/relogin?next=%2Fsettings%2Fpassword',
    html: '',
  })
  advance(minutes(60))
  expect(await anns.getHtmx('/profile')).toMatchObject({ status: 401, to: '/relogin?next=%2Fprofile', html: '' })
  expect((await anns.get('/relogin')).html).toContain('Session timed out, please re-login.')
})

test('OPTIONS passes every guard, and HEAD is guarded like GET', async () => {
  const site = await annAndEve()
  const { loginRequired, verifiedEmailRequired, freshLoginRequired, permissionRequired } = site.guards
  for (const [name, guard] of Object.entries({
    loginRequired,
    verifiedEmailRequired,
    freshLoginRequired,
    permissionRequired: permissionRequired('users:write'),
  }))
    site.app.use(new Elysia({ prefix: `/${name}` }).use(guard).all('/', ({ reply }) => reply.text('in')))
  for (const name of ['loginRequired', 'verifiedEmailRequired', 'freshLoginRequired', 'permissionRequired']) {
    const ask = (method: string) => site.browser().ask(`/${name}`, { method, headers: {} })
    expect([(await ask('OPTIONS')).status, (await ask('OPTIONS')).set]).toEqual([204, []])
    expect(await ask('HEAD')).toMatchObject({ status: 303, to: `/login?next=%2F${name}` })
    expect(await ask('PROPFIND')).toMatchObject({ status: 303, to: '/login' })
  }
  const { status, headers } = await site.browser().ask('/profile', { method: 'OPTIONS', headers: {} })
  expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST'])
})

test('an unknown path and a wrong method are reported before the guard runs', async () => {
  const { browser } = await annAndEve()
  expect((await browser().ask('/profile', { method: 'DELETE', headers: {} })).status).toBe(405)
  expect((await browser().get('/profile/nothing')).status).toBe(404)
})

test('an OPTIONS request behind any guard and with any token emits no denied event', async () => {
  const { app, events, browser, advance, guards } = await annAndEve({ SESSION_IDLE_SECONDS: '3600' })
  const { noSession, permissionRequired, freshPermissionRequired, ...others } = guards
  const guardsByName = {
    ...others,
    permissionRequired: permissionRequired('users:read'),
    freshPermissionRequired: freshPermissionRequired('profile:write'),
  }
  for (const [name, guard] of Object.entries(guardsByName))
    for (const prefix of ['/guarded', '/api/guarded'])
      app.use(new Elysia({ prefix }).use(guard).all(`/${name}`, ({ reply }) => reply.text('in')))
  const anns = browser()
  await anns.post('/login', ann)
  advance(minutes(5))
  const before = events.length
  for (const one of [browser(), anns])
    for (const path of Object.keys(guardsByName).flatMap((name) => [`/guarded/${name}`, `/api/guarded/${name}`]))
      await one.ask(path, { method: 'OPTIONS', headers: { authorization: 'Bearer x' } })
  expect(events.slice(before)).toEqual([])
})
