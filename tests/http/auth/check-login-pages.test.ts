import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import type { AuthOptions } from '@/http/types/auth-options'
import { createApp } from '@/app'
import { validateLoginPages } from '@/http/auth/check-login-pages'
import { signupTest, testWith } from '../../support/features'
import { ann } from '../../support/people'
import { probe } from '../../support/probe'
import { annAsAdmin } from '../../support/roles'
import { openSite } from '../../support/site'

const errorsOf = async (auth: AuthOptions) =>
  openSite({}, auth).then(
    () => [],
    (error: Error) => error.message.split('\n'),
  )

test('the start reports a login page that is also a re-login page', async () => {
  const differ = 'should be another page than'
  expect(await errorsOf({ loginPath: '/in', reloginPath: '/in/?again' })).toEqual([
    `auth.loginPath ${differ} auth.reloginPath: both are /in.`,
  ])
  expect(await errorsOf({ loginPath: '/relogin' })).toEqual([
    `auth.loginPath ${differ} auth.reloginPath: both are /relogin.`,
  ])
  expect(
    await errorsOf({ pathGroups: { '/staff': { loginPath: '/relogin' }, '/b': { reloginPath: '/login?b' } } }),
  ).toEqual([
    `auth.loginPath ${differ} auth.pathGroups./b.reloginPath: both are /login.`,
    `auth.pathGroups./staff.loginPath ${differ} auth.reloginPath: both are /relogin.`,
  ])
  const fine = { loginPath: '/in', reloginPath: '/in/again', pathGroups: { '/a': { loginPath: '/in' }, '/b': {} } }
  expect(await errorsOf(fine)).toEqual([])
})

test('the start reports login paths that the cookie path does not cover', async () => {
  const pages = { loginPath: '/app', reloginPath: '/app/again?x' }
  const sentence = 'auth.cookies.path should be a path that every login page is below, unlike'
  expect(await errorsOf({ ...pages, cookies: { path: '/app' } })).toEqual([])
  expect(await errorsOf({ ...pages, cookies: { path: '/app/' } })).toEqual([`${sentence} /app.`])
  expect(await errorsOf({ ...pages, cookies: { path: '/ap' } })).toEqual([`${sentence} /app, /app/again.`])
  const groups = { '/staff': { loginPath: '/staff/in', reloginPath: null } }
  expect(await errorsOf({ ...pages, pathGroups: groups, cookies: { path: '/app' } })).toEqual([
    `${sentence} /staff/in.`,
  ])
})

signupTest('the start reports login pages that are missing or not open to visitors', async () => {
  const { deps } = await openSite()
  const errors = async (auth: AuthOptions) => {
    try {
      createApp(deps, { auth, features: [probe] })
      return []
    } catch (error) {
      return error instanceof Error ? error.message.split('\n') : [error]
    }
  }
  expect(await errors({})).toEqual([])
  expect(await errors({ loginPath: null, reloginPath: null })).toEqual([])
  expect(await errors({ loginPath: '/in', reloginPath: '/relogin/switch-user' })).toEqual([
    'auth.loginPath should be a page of this site, but /in does not exist.',
    'auth.reloginPath should be a page of this site, but /relogin/switch-user does not exist.',
  ])
  expect(await errors({ pathGroups: { '/staff': { loginPath: '/dashboard', reloginPath: '/signup' } } })).toEqual([
    'auth.pathGroups./staff.loginPath should be a page for visitors, but /dashboard denies them.',
    'auth.pathGroups./staff.reloginPath should be a page for users who must enter their password again, but /signup denies them.',
  ])
  for (const loginPath of ['/probe?lang=en', '/signup/', '/healthz']) expect(await errors({ loginPath })).toEqual([])
  for (const reloginPath of ['/probe', '/healthz', '/favicon.ico']) expect(await errors({ reloginPath })).toEqual([])
})

test('every guard that requires a user is registered as such', async () => {
  const { app, guards } = await openSite()
  const { permissionRequired, freshPermissionRequired, noSession, anyone, guest, ...others } = guards
  const closed = {
    ...others,
    permissionRequired: permissionRequired('users:read'),
    freshPermissionRequired: freshPermissionRequired('users:write'),
  }
  for (const [name, guard] of Object.entries({ ...closed, noSession, anyone, guest }))
    app.use(new Elysia({ prefix: `/at/${name}` }).use(guard).get('/', ({ reply }) => reply.noContent()))
  for (const name of Object.keys(guards)) {
    const errors = validateLoginPages({ loginPath: `/at/${name}` }, app.routes)
    expect([name, errors.length]).toEqual([name, Object.hasOwn(closed, name) ? 1 : 0])
  }
})

testWith('admin', 'signup')('links lead to the login pages of their own path group', async () => {
  const groups = { '/relogin': { loginPath: '/other?a=1&b=2' }, '/admin': { reloginPath: '/admin-again' } }
  const auth = { loginPath: '/in?lang=en', reloginPath: '/again', pathGroups: groups }
  const { anns, advance, pageOf, browser } = await annAsAdmin({ SESSION_IDLE_SECONDS: '3600' }, auth)
  const visitor = browser()
  expect((await visitor.get('/')).html).toContain('<a href="/in?lang=en">Login</a>')
  expect((await visitor.post('/signup', ann)).html).toContain('<a href="/in?lang=en">login page</a>')
  expect((await visitor.post('/signup', { ...ann, email: 'zoe@example.test' })).to).toBe('/in?lang=en')
  advance(minutes(5))
  expect((await anns.get('/settings/password')).to).toBe('/again?next=%2Fsettings%2Fpassword')
  expect((await anns.get(pageOf('eve'))).html).toContain(
    `<a href="/admin-again?next=${encodeURIComponent(pageOf('eve'))}"`,
  )
  expect((await anns.post('/relogin/switch-user?next=/probe')).to).toBe('/other?a=1&b=2&next=%2Fprobe')
  const { anns: gone, advance: passMore } = await annAsAdmin({}, auth)
  passMore(minutes(5))
  const link = '<a href="/other?a=1&amp;b=2&amp;next=%2Fprobe">Log in as a different user</a>'
  for (const answer of [await gone.get('/relogin?next=/probe'), await gone.post('/relogin', { next: '/probe' })])
    expect(answer.html).toContain(link)
})

test('links lead to the default login page where no redirect is configured', async () => {
  const { app, guards, anns, browser } = await annAsAdmin({}, { loginPath: null, reloginPath: null })
  app.use(
    new Elysia({ prefix: '/here' })
      .use(guards.loginRequired)
      .get('/', ({ reloginUrl, reply }) => reply.text(reloginUrl('/here'))),
  )
  expect((await browser().get('/login')).html).toContain('<a href="/login" aria-current="page">Login</a>')
  expect((await anns.get('/here')).html).toBe('/relogin?next=%2Fhere')
})
