import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import type { AuthOptions } from '@/http/types/auth-options'
import { ann, annAndEve } from '../../support/people'

/** One protected route and one that requires a fresh login, in each of three groups and outside. */
async function siteWithStaff(auth: AuthOptions, env?: Record<string, string>) {
  const site = await annAndEve(env, auth)
  for (const prefix of ['/staff', '/staff/night', '/partners', '/staffroom', '/api/staff']) {
    site.app.use(new Elysia({ prefix }).use(site.guards.loginRequired).get('/', ({ reply }) => reply.text('in')))
    const fresh = new Elysia({ prefix: `${prefix}/vault` }).use(site.guards.freshLoginRequired)
    site.app.use(fresh.get('/', ({ reply }) => reply.text('in')))
  }
  return { ...site, anns: site.browser() }
}

const groups = {
  '/staff': { loginPath: '/staff-login', reloginPath: '/staff-relogin' },
  '/staff/night': { loginPath: '/night-login?shift=2' },
  '/partners': { loginPath: null, reloginPath: null },
}

test('a visitor is redirected to the login page of the innermost matching group', async () => {
  const { anns } = await siteWithStaff({ loginPath: '/in', pathGroups: groups })
  const to = async (path: string) => (await anns.get(path)).to
  expect(await to('/profile')).toBe('/in?next=%2Fprofile')
  expect(await to('/staff?a=b')).toBe('/staff-login?next=%2Fstaff%3Fa%3Db')
  expect(await to('/staff/vault')).toBe('/staff-login?next=%2Fstaff%2Fvault')
  expect(await to('/staff/night')).toBe('/night-login?shift=2&next=%2Fstaff%2Fnight')
  expect(await to('/staffroom')).toBe('/in?next=%2Fstaffroom')
})

test('no login redirects to a login page of the site, in any spelling', async () => {
  const { anns } = await siteWithStaff({ loginPath: '/In', pathGroups: groups })
  for (const next of ['/In', '/in?x=y', '/IN/', '/staff-login', '/Night-Login'])
    expect([next, (await anns.post('/login', { ...ann, next })).status]).toEqual([next, 400])
})

test('a path group without an option uses the login page of the site', async () => {
  const { anns } = await siteWithStaff({
    pathGroups: { '/staff': { loginPath: '/in' }, '/partners': { loginPath: '/in' } },
  })
  expect(await anns.get('/staffroom')).toMatchObject({ status: 303, to: '/login?next=%2Fstaffroom' })
})

test('a stale or expired session redirects to the re-login page of its group', async () => {
  for (const wait of [minutes(5), minutes(60)]) {
    const { anns, advance } = await siteWithStaff(
      { reloginPath: '/again', pathGroups: groups },
      { SESSION_IDLE_SECONDS: '3600' },
    )
    await anns.post('/login', ann)
    advance(wait)
    expect((await anns.get('/staff/vault')).to).toBe('/staff-relogin?next=%2Fstaff%2Fvault')
    expect((await anns.get('/staff/night/vault')).to).toBe('/again?next=%2Fstaff%2Fnight%2Fvault')
    expect((await anns.get('/staffroom/vault')).to).toBe('/again?next=%2Fstaffroom%2Fvault')
  }
})

test('a login path of null responds with a plain 401 and no redirect, also for htmx', async () => {
  const { anns, advance } = await siteWithStaff({ pathGroups: groups }, { SESSION_IDLE_SECONDS: '3600' })
  for (const ask of [() => anns.get('/partners'), () => anns.getHtmx('/partners')]) {
    const answer = await ask()
    expect(answer).toMatchObject({ status: 401, to: null, set: [] })
    expect(answer.headers.get('www-authenticate')).toBe('Session')
    expect(answer.html).toContain('Login required')
  }
  await anns.post('/login', ann)
  expect((await anns.get('/partners/vault')).html).toBe('in')
  advance(minutes(5))
  expect((await anns.get('/partners')).html).toBe('in')
  for (const ask of [() => anns.get('/partners/vault'), () => anns.getHtmx('/partners/vault')]) {
    const { status, to, html } = await ask()
    expect([status, to]).toEqual([401, null])
    expect([html.includes('Password required'), html.includes('Login required')]).toEqual([true, false])
  }
})

test('a site can work without a login page', async () => {
  const { anns } = await siteWithStaff({
    loginPath: null,
    reloginPath: null,
    pathGroups: { '/staff': { loginPath: '/in' } },
  })
  expect(await anns.get('/profile')).toMatchObject({ status: 401, to: null, set: [] })
  expect((await anns.get('/staff')).to).toBe('/in?next=%2Fstaff')
})

test('paths below /api respond with 401 for every option', async () => {
  const { anns } = await siteWithStaff({
    loginPath: '/in',
    pathGroups: groups,
    onUnauthenticated: ({ reply }) => reply.text('come in'),
  })
  const { status, to, headers } = await anns.get('/api/staff')
  expect([status, to, headers.get('www-authenticate')]).toEqual([401, null, 'Bearer'])
})

test('no login redirects to a login page of any group', async () => {
  const { anns } = await siteWithStaff({ pathGroups: groups })
  for (const next of ['/staff-login', '/Staff-Login/', '/staff-relogin?x', '/night-login'])
    expect((await anns.get(`/login?next=${encodeURIComponent(next)}`)).status).toBe(400)
  expect((await anns.post('/login', { ...ann, next: '/staff' })).to).toBe('/staff')
})

test('a login redirect is a path and ignores the Host header', async () => {
  const { anns } = await siteWithStaff({ pathGroups: groups })
  const claims = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' }
  expect((await anns.get('/staff', claims)).to).toBe('/staff-login?next=%2Fstaff')
})

test('a handler can redirect to the login page with a safe return path', async () => {
  const site = await siteWithStaff({ pathGroups: groups })
  const links = new Elysia({ prefix: '/staff/night/links' }).use(site.guards.anyone)
  site.app.use(
    links.get('/', ({ loginUrl, reply }) =>
      reply.text([loginUrl(), loginUrl('/a?b=c'), loginUrl('//evil.test'), loginUrl('/night-login')].join(' ')),
    ),
  )
  const bare = '/night-login?shift=2'
  expect((await site.anns.get('/staff/night/links')).html).toBe(`${bare} ${bare}&next=%2Fa%3Fb%3Dc ${bare} ${bare}`)
})

test('the return path replaces a next parameter in the configured login path', async () => {
  const { anns } = await siteWithStaff({ loginPath: '/in?a=&next=/home&b=1' })
  expect((await anns.get('/profile')).to).toBe('/in?a=&next=%2Fprofile&b=1')
})

test('an app can respond to denied requests itself or keep the default', async () => {
  const observed: (string | null)[] = []
  const site = await siteWithStaff(
    {
      pathGroups: groups,
      onUnauthenticated: ({ request, reply, to }) => {
        observed.push(to)
        return new URL(request.url).pathname === '/profile' ? reply.text('Who are you?') : undefined
      },
      onReauthRequired: async ({ reply, to }) => reply.text(`Again? ${to}`),
    },
    { SESSION_IDLE_SECONDS: '3600' },
  )
  expect(await site.anns.get('/profile')).toMatchObject({ status: 200, to: null, html: 'Who are you?', set: [] })
  expect(await site.anns.get('/staff')).toMatchObject({ status: 303, to: '/staff-login?next=%2Fstaff' })
  expect(await site.anns.get('/partners')).toMatchObject({ status: 401 })
  expect(observed).toEqual(['/login?next=%2Fprofile', '/staff-login?next=%2Fstaff', null])
  await site.anns.post('/login', ann)
  site.advance(minutes(5))
  expect((await site.anns.get('/settings/password')).html).toBe('Again? /relogin?next=%2Fsettings%2Fpassword')
})
