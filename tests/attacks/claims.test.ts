import { expect, setDefaultTimeout, test } from 'bun:test'
import { branding } from '@/config/branding'
import { signupTest, tokenTest } from '../support/features'
import { annsProgram } from '../support/api'
import { addApp, turnOnTwoStep } from '../support/add-factors'
import { at, changes, filled, isDocument, isPublic, routesOf } from '../support/every-route'
import { dumpDatabase } from '../support/dump-database'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

setDefaultTimeout(60_000)

/** Challenges of passkeys differ. The pages of the set-up of two-step verification keep a safe `next`. */
const withoutRandom = (html: string) => html.replaceAll(/[\w-]{43,}/g, 'random').replaceAll('?next=%2Fprofile', '')

test('a user id in a form, a query or a header does not change the current user', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const { id } = site.users.ann
  const lies = {
    user_id: id,
    userId: id,
    user: id,
    id,
    account: id,
    owner: id,
    session_id: id,
    email: ann.email,
  }
  const headers = {
    'x-user-id': id,
    'x-forwarded-user': ann.email,
    'x-remote-user': ann.email,
    'remote-user': ann.email,
    'x-webauth-user': ann.email,
    'x-session-id': site.anns.jar.get('session') ?? '',
    from: ann.email,
  }
  const query = `${new URLSearchParams(lies)}`
  const others = async () => {
    const { users } = await dumpDatabase(site)
    return JSON.stringify(users?.filter((row) => !JSON.stringify(row).includes(site.users.eve.id)))
  }
  const before = await others()
  const paths = routesOf(site.app).filter((one) => isDocument(one) && !isPublic(one) && !one.path.includes(':'))
  expect(paths.length).toBeGreaterThan(5)
  for (const path of [...paths.map(({ path }) => path), '/probe'])
    expect([path, withoutRandom((await site.eves.get(`${path}?${query}`, headers)).html)]).toEqual([
      path,
      withoutRandom((await site.eves.get(path)).html),
    ])
  await site.eves.post(`/profile?${query}`, { ...lies, name: 'Eve B.' }, headers)
  const change = { password: eve.password, new_password: 'seven humming llamas' }
  expect((await site.eves.post(`/settings/password?${query}`, { ...lies, ...change }, headers)).to).toBe('/settings')
  expect((await site.browser().post('/login', { email: eve.email, password: change.new_password })).status).toBe(303)
  expect((await site.browser().get(`/profile?${query}`, headers)).to).toStartWith('/login?next=')
  expect(await others()).toBe(before)
})

/** Columns that decide what a session or an account may do. */
const CLAIMS = {
  two_step_enabled_at: '1',
  two_step_setup_at: '1',
  factors_version: '99',
  password_version: '99',
  passkey_user_handle: 'x',
  amr: 'passkey',
  aal: '2',
  first_factor: 'passkey',
  second_factor_at: '9999999999999',
  reauthenticated_at: '9999999999999',
  trust_expires_at: '9999999999999',
  failure_count: '-9',
  is_user_verifying: '1',
  role: 'admin',
}

test('no body sets a column of a second factor, of a session or of another user', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const { deps, users } = site
  const { db } = deps
  await addApp(site, users.ann)
  await turnOnTwoStep(site, users.ann)
  const columns = ['role', 'two_step_enabled_at', 'two_step_setup_at', 'passkey_user_handle'] as const
  const state = async () => ({
    anns: await db.selectFrom('users').selectAll().where('id', '=', users.ann.id).executeTakeFirst(),
    others: await db.selectFrom('users').select(columns).where('id', '!=', users.ann.id).distinct().execute(),
    versions: await db.selectFrom('users').select('id').where('factors_version', '>=', 99).execute(),
    methods: await db.selectFrom('sessions').select('amr').distinct().execute(),
    sessionsOfAnn: await db.selectFrom('sessions').select('id').where('user_id', '=', users.ann.id).execute(),
    steps: await db
      .selectFrom('pending_logins')
      .select('first_factor')
      .where('first_factor', '!=', 'password')
      .execute(),
  })
  const before = await state()
  const isWalked = ({ path }: { path: string }) => !path.startsWith('/api/') && path !== '/settings/delete' // ends the walk
  const anns = site.browser()
  const claims = { ...CLAIMS, user_id: users.ann.id }
  const query = new URLSearchParams(claims)
  for (const route of routesOf(site.app).filter((one) => changes(one) && isWalked(one))) {
    if (!anns.jar.has('pending')) await anns.post('/login', ann)
    const fields = { ...claims, ...Object.fromEntries(filled(route)), email: eve.email }
    for (const browser of [anns, await site.as(eve)]) await browser.post(`${at(route)}?${query}`, fields)
    expect([route.name, await state()]).toEqual([route.name, before])
  }
})

signupTest.each([
  ['role=user', 'role=admin'],
  ['roles[]=admin', 'roles[0]=admin', 'role[]=admin'],
  ['__proto__=admin', '__proto__[role]=admin', '__proto__.role=admin', 'constructor[prototype][role]=admin'],
  ['verified_at=0', 'email_verified=true', 'deactivated_at=', 'password_hash=x', 'id=1', 'is_admin=1', 'created_at=0'],
  ['user[role]=admin', 'user.role=admin', 'data[role]=admin', '$set[role]=admin', '{"role":"admin"}='],
])('a sign-up with the field role (%j …) creates an ordinary user', async (...extra) => {
  const { browser, deps } = await annAsAdmin()
  const zoe = ['email=zoe@example.test', 'name=Zoe', 'password=violet+marmalade+kettle']
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
  const body = [...extra, ...zoe, ...extra].join('&')
  expect((await browser().ask('/signup', { method: 'POST', body, headers })).status).toBe(303)
  const row = await deps.db.selectFrom('users').selectAll().where('email', '=', 'zoe@example.test').executeTakeFirst()
  expect(row).toMatchObject({ role: 'user', deactivated_at: null, password_version: 1, created_at: deps.now() })
  expect(row?.password_hash).toStartWith('$argon2id$')
  expect(untouched()).toBe(true)
})

/** Whether `Object.prototype` is unchanged. */
const untouched = () =>
  [{}, [], () => undefined].every((one) => !('role' in one) && !('polluted' in one)) &&
  !Object.hasOwn(Object.prototype, 'x')

test.each([
  '{"name":"Ann B.","__proto__":{"role":"admin","polluted":true}}',
  '{"__proto__":{"role":"admin","polluted":true},"name":"Ann B."}',
  '{"name":"Ann B.","constructor":{"prototype":{"role":"admin","polluted":true}}}',
  '{"name":"Ann B.","\\u005f_proto__":{"role":"admin"},"__proto__":null}',
  '{"name":"Ann B.","a":{"__proto__":{"polluted":true}},"b":[{"__proto__":{"polluted":true}}]}',
  '{"name":"Ann B.","role":"admin","roles":["admin"],"scopes":["users:write"],"id":"x","toJSON":{},"then":{}}',
  '{"name":"Ann B.","two_step_enabled_at":1,"factors_version":99,"amr":"passkey","user_id":"x","second_factor_at":1}',
])('additional JSON members are ignored: %s', async (body) => {
  const site = await annsProgram()
  for (const ask of [site.page, site.program]) {
    const { status, json } = await ask('PATCH', '/api/me', body)
    expect(status).toBe(200)
    expect(json).toMatchObject({ id: site.users.ann.id, email: ann.email, name: 'Ann B.', roles: ['user'] })
  }
  const [row] = (await dumpDatabase(site)).users ?? []
  expect(row).toMatchObject({ two_step_enabled_at: null, factors_version: 1 })
  expect(untouched()).toBe(true)
})

test('a token is read only from the Authorization header', async () => {
  const { browser, annsBrowser, text } = await annsProgram()
  const json = { 'content-type': 'application/json' }
  const ways: Record<string, string>[] = [
    'x-api-key',
    'x-auth-token',
    'x-access-token',
    'api-key',
    'token',
    'proxy-authorization',
    'x-authorization',
    'authentication',
    'x-forwarded-authorization',
    'sec-websocket-protocol',
    'bearer',
  ].flatMap((name) => [{ [name]: text }, { [name]: `Bearer ${text}` }])
  for (const name of ['token', 'access_token', 'api_token', 'Authorization', 'authorization', 'bearer', 'session'])
    ways.push({ cookie: `${name}=${text}` }, { cookie: `${name}=Bearer ${text}` })
  for (const headers of ways) {
    const { status, set, headers: answered } = await browser().get('/api/me', headers)
    expect([headers, status, set, answered.get('www-authenticate')]).toEqual([headers, 401, [], 'Bearer'])
  }
  for (const body of [`{"name":"x","access_token":"${text}"}`, `{"name":"x","token":"${text}"}`])
    expect((await browser().ask('/api/me', { method: 'PATCH', body, headers: json })).status).toBe(401)
  for (const path of [`/api/me/${text}`, `/api/me;token=${text}`, `/api/me#${text}`, `/${text}/api/me`])
    expect((await browser().get(path)).status).toBeOneOf([401, 404])
  for (const token of [
    `${branding.tokenPrefix}%`,
    `${branding.tokenPrefix}${'_'.repeat(57)}`,
    `${text.slice(0, 20)}%`,
    '%',
    '*',
    text.slice(0, -7),
    `${text.slice(0, 30)}*`,
  ])
    for (const authorization of [token, `Bearer ${token}`])
      expect((await browser().get('/api/me', { authorization })).status).toBe(401)
  expect(
    (
      await annsBrowser.get('/api/me', {
        'x-api-key': 'x',
        cookie: `session=${annsBrowser.jar.get('session')}; token=x`,
      })
    ).status,
  ).toBe(200)
})

test('no query and no cookie changes Object.prototype', async () => {
  const { app, annsBrowser, browser, users } = await annsProgram()
  const names = [
    '__proto__',
    '__proto__[polluted]',
    '__proto__.polluted',
    'constructor[prototype][polluted]',
    'constructor.prototype.polluted',
  ]
  const query = names.map((name) => `${name}=x&${encodeURIComponent(name)}[role]=admin`).join('&')
  for (const { path } of app.routes.filter(isDocument))
    for (const one of [annsBrowser, browser()]) {
      const address = at({ path }, users.ann.id)
      const [plain, loaded] = [await one.get(address), await one.get(`${address}?${query}`)]
      expect([address, loaded.status]).toEqual([address, plain.status])
      expect(
        (await browser().get(address, { cookie: `__proto__=x; constructor=x; __proto__[role]=admin; toString=x` }))
          .status,
      ).toBeLessThan(500)
    }
  expect(untouched()).toBe(true)
})

const noScopes: string[][] = [
  ['users:write'],
  ['users:read'],
  ['*'],
  ['admin'],
  ['profile:*'],
  ['profile:read users:write'],
  ['profile:read,profile:write'],
  ['PROFILE:READ'],
  ['__proto__'],
  ['toString'],
  [''],
  ['profile:read', 'users:write'],
  ['profile:read', 'profile:read', 'admin'],
]

tokenTest.each(noScopes.map((wanted) => [wanted]))('no token gets the unknown scope %j', async (wanted) => {
  const { anns, deps } = await annAsAdmin()
  const fields: [string, string][] = [['name', 'x'], ...wanted.map((scope): [string, string] => ['scopes', scope])]
  for (const more of [[], [['scope', 'users:write']], [['scopes[]', 'users:write']]] as [string, string][][])
    expect((await anns.post('/settings/tokens', [...fields, ...more])).status).toBe(422)
  expect(await deps.db.selectFrom('api_tokens').select('scopes').execute()).toEqual([])
})
