import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { days, minutes } from '@/lib/duration'
import { revokeApiToken } from '@/model/api-tokens/api-tokens'
import { deactivateUser } from '@/model/accounts/deactivate'
import { changeRole } from '@/model/users/roles'
import type { AuthOptions } from '@/http/types/auth-options'
import { logLines, takeLoggedErrors } from '../../support/no-stray-errors'
import { ann, annAndEve, eve } from '../../support/people'
import { eventsDuring } from '../../support/emitted-events'
import { makeToken } from '../../support/tokens'

/** Ann has a token with the scope profile:read; the routes below `/api/t` use it. */
async function annsProgram(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const made = await makeToken(site.deps, site.users.ann, {
    name: 'robot',
    scopes: ['profile:read'],
    lifetime: days(1),
  })
  if (!made) throw new Error('ann has too many tokens')
  const { guards } = site
  site.app.use(
    new Elysia({ prefix: '/api/t' })
      .use(
        new Elysia()
          .use(guards.permissionRequired('profile:read'))
          .get('/read', ({ currentUser, isFresh, session, token, reply }) =>
            reply.json({ name: currentUser.name, isFresh, hasSession: session !== undefined, scopes: token?.scopes }),
          ),
      )
      .use(
        new Elysia().use(guards.permissionRequired('profile:write')).post('/write', ({ reply }) => reply.noContent()),
      )
      .use(
        new Elysia()
          .use(guards.freshPermissionRequired('profile:read'))
          .get('/fresh', ({ reply }) => reply.noContent()),
      )
      .use(new Elysia().use(guards.freshLoginRequired).get('/vault', ({ reply }) => reply.noContent()))
      .use(
        new Elysia().use(guards.anyone).post('/log-out', async ({ logOut, reply }) => {
          await logOut()
          return reply.noContent()
        }),
      ),
  )
  const bearer = { authorization: `Bearer ${made.text}` }
  return { ...site, ...made, bearer, program: site.browser() }
}

test('a token authorizes requests in its scope without session, fresh login or cookie', async () => {
  const { program, bearer, text, deps } = await annsProgram()
  for (const headers of [bearer, { authorization: text }]) {
    const { status, html, set } = await program.get('/api/t/read', headers)
    expect([status, set]).toEqual([200, []])
    expect(JSON.parse(html)).toEqual({ name: 'Ann', isFresh: false, hasSession: false, scopes: ['profile:read'] })
  }
  expect(await deps.db.selectFrom('sessions').selectAll().execute()).toEqual([])
  const refused = await program.post('/api/t/write', {}, bearer)
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="profile:write"',
  ])
})

test('a permission without a scope returns 403 for a token and names no scope', async () => {
  const { app, guards, program, bearer, deps, users } = await annsProgram()
  const staff = new Elysia({ prefix: '/api/staff' }).use(guards.permissionRequired('users:read'))
  app.use(staff.get('/', ({ reply }) => reply.noContent()))
  await changeRole(deps, users.ann, 'admin', 'command line')
  const { status, headers } = await program.get('/api/staff', bearer)
  expect([status, headers.get('www-authenticate')]).toEqual([403, null])
})

test('a token is never fresh and cannot pass a guard for fresh logins', async () => {
  const { program, bearer } = await annsProgram()
  for (const path of ['/api/t/fresh', '/api/t/vault'])
    expect(await program.get(path, bearer)).toMatchObject({ status: 401, to: null, set: [] })
})

test('a valid token emits one event, and an invalid token emits a denied event', async () => {
  const site = await annsProgram()
  const { program, bearer, token, users } = site
  expect(await eventsDuring(site, () => program.get('/api/t/read', bearer))).toEqual([
    { kind: 'token-used', userId: users.ann.id, tokenId: token.id },
  ])
  expect(await eventsDuring(site, () => program.get('/api/t/read', { authorization: 'Bearer x' }))).toEqual([
    { kind: 'access-denied', reason: 'unauthenticated', path: '/api/t/read' },
  ])
})

test('a token authenticates only below /api', async () => {
  const { program, bearer } = await annsProgram()
  expect(await program.get('/profile', bearer)).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('a token takes precedence over a session, and an invalid token returns 401 without fallback', async () => {
  const { program, bearer, text } = await annsProgram()
  await program.post('/login', eve)
  expect((await program.get('/api/t/read', bearer)).html).toContain('"name":"Ann"')
  expect((await program.get('/api/t/read')).html).toContain('"name":"Eve"')
  for (const bad of [
    `Bearer ${text.slice(0, -1)}`,
    'Bearer',
    'Bearer ',
    `Bearer\t${text}`,
    `Basic x, Bearer ${text}`,
    `Bearer ${'x'.repeat(9000)}`,
  ]) {
    const { status, headers, set } = await program.get('/api/t/read', { authorization: bad })
    expect([status, headers.get('www-authenticate'), set]).toEqual([401, 'Bearer', []])
  }
})

test('an invalid remember or session cookie does not affect a token', async () => {
  const { program, bearer } = await annsProgram()
  for (const cookie of ['remember=junk', `remember=${'A'.repeat(22)}.${'A'.repeat(43)}`, 'session=junk']) {
    const { status, set } = await program.get('/api/t/read', { ...bearer, cookie })
    expect([status, set]).toEqual([200, []])
  }
})

test('a request with a token consumes no remember secret', async () => {
  const { program, bearer, browser } = await annsProgram()
  const anns = browser()
  await anns.post('/login', { ...ann, remember: 'yes' })
  anns.close()
  await anns.get('/api/t/read', bearer)
  expect((await anns.copy().get('/profile')).status).toBe(200)
  expect(program.jar.size).toBe(0)
})

test('a token in the query works only if enabled, the header takes precedence, and the log omits it', async () => {
  const off = await annsProgram()
  expect((await off.program.get(`/api/t/read?token=${off.text}`)).status).toBe(401)
  const on = await annsProgram({ API_TOKEN_IN_QUERY: 'on' })
  expect((await on.program.get(`/api/t/read?token=${on.text}`)).status).toBe(200)
  expect((await on.program.get(`/api/t/read?token=${on.text}&token=x`)).status).toBe(400)
  expect((await on.program.get(`/api/t/read?token=${on.text}`, { authorization: 'Bearer x' })).status).toBe(401)
  expect((await on.program.get(`/profile?token=${on.text}`)).status).toBe(303)
  expect(logLines.join()).not.toContain(on.text)
})

test('a token stops working when it expires, when it is revoked and when its user is deactivated', async () => {
  const acts: ((site: Awaited<ReturnType<typeof annsProgram>>) => unknown)[] = [
    ({ advance }) => advance(days(1)),
    ({ deps, users, token }) => revokeApiToken(deps, users.ann, token.id),
    ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'),
    ({ deps, users }) => deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute(),
  ]
  for (const act of acts) {
    const site = await annsProgram()
    site.advance(days(1) - minutes(1))
    expect((await site.program.get('/api/t/read', site.bearer)).status).toBe(200)
    await act(site)
    expect((await site.program.get('/api/t/read', site.bearer)).status).toBe(401)
  }
})

test('findUser of the app applies to tokens, too', async () => {
  const { program, bearer } = await annsProgram({}, { findUser: async () => undefined })
  expect((await program.get('/api/t/read', bearer)).status).toBe(401)
})

test('logOut with an API token throws an error that explains that there is no session', async () => {
  const { program, bearer } = await annsProgram()
  expect(await program.post('/api/t/log-out', {}, bearer)).toMatchObject({ status: 500, set: [] })
  expect(takeLoggedErrors()[0]?.err?.message).toContain('need a session; this request uses an API token')
})
