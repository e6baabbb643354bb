import { expect, test } from 'bun:test'
import { createAuth } from '@/web/auth'
import type { AuthOptions } from '@/web/auth-options'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { openSite } from '../support/site'

const A_PATH = 'should be a path on this site, not below /api, or null.'
const A_DURATION = 'should be a whole number of milliseconds from 1000 to 34560000000.'
const A_PROTECTION = 'should be "basic" or "strong" or "off".'
const A_MESSAGE = 'should be a category (success, info or error) and a text, or null.'
const A_GROUP = 'should be a path like /staff, with no . or .. in it, and not below /api.'
const A_NAME = 'should be letters, digits, - and _, and no prefix.'
const ONE_OF = /^should be one of \w[\w, -]+\.$/

const impossible: [name: string, sentence: string | RegExp, values: unknown[]][] = [
  ['', ONE_OF, [null, 'off', []]],
  ['.loginpath', ONE_OF, ['/in']],
  ['.login_view', ONE_OF, ['/in']],
  ['.loginPath', A_PATH, ['', 'in', '//evil.test', '/.//evil.test', '/a/..//evil.test', '/\\evil.test', '/a\nb']],
  ['.loginPath', A_PATH, ['/in#now', 'https://evil.test', 7, false]],
  ['.loginPath', A_PATH, ['/api', '/api/login', '/api?x']],
  ['.reloginPath', A_PATH, ['//evil.test', true, '/api/']],
  ['.protection', A_PROTECTION, ['STRONG', 'Basic', 'of', 'none', '', true, false, null, 0]],
  ['.rememberFor', A_DURATION, [0, -1, 999, 1.5, 1000.5, 34_560_000_001, Number.NaN, Infinity, '2000', null]],
  ['.keepsNextIn', 'should be "query" or "session".', ['Session', true, null]],
  ['.groups', A_GROUP, [[]]],
  ...['/api', '/api/v1', 'staff', '/staff/', '/', '//staff', '/staff?x', '', '/a//b', '/a/%2e%2E'].map(
    (path): [string, string, unknown[]] => [`.groups.${path}`, A_GROUP, [{ loginPath: '/in' }]],
  ),
  ['.groups./staff', ONE_OF, [null, 'in']],
  ['.groups./staff.login', ONE_OF, ['/in']],
  ['.groups./staff.reloginPath', A_PATH, ['//evil.test']],
  ['.messages.login-requierd', ONE_OF, [null]],
  ['.messages.login-required', A_MESSAGE, ['Log in.', ['warning', 'Log in.'], ['info'], ['info', '']]],
  [
    '.messages.login-required',
    A_MESSAGE,
    [
      ['info', ' '],
      ['info', 'a', 'b'],
      ['info', 7],
    ],
  ],
  ['.cookies', ONE_OF, [null, 'lax']],
  ['.cookies.secure', ONE_OF, [false]],
  ['.cookies.httpOnly', ONE_OF, [false]],
  ['.cookies.sameSite', 'should be "lax" or "strict".', ['none', 'Lax', null, false]],
  ['.cookies.domain', 'should be a host name in small letters.', ['https://localhost', '.localhost', 'LOCALHOST', '']],
  ['.cookies.domain', 'should be localhost, or a name that this one is below.', ['evil.test', 'host', 'x.localhost']],
  ['.cookies.domain', 'should be a host name in small letters.', ['127.0.0.1', '0.0.1', '1']],
  [
    '.cookies.path',
    'should be a path on this site, without a query.',
    ['//x', null, '/?;Secure=no', '/a;b', '/a,b', 'app', '//app', '/a b'],
  ],
  ['.cookies.names.sesion', ONE_OF, ['id']],
  ['.cookies.names.session', A_NAME, ['', 'a b', 'a;b', 'a=b', '__Host-id', '__Secure-id', 'x'.repeat(65), 7]],
  ['.cookies.names', 'should differ from each other.', [{ session: 'remember' }, { flash: 'x', next: 'x' }]],
  ...['translate', 'fingerprint', 'findUser', 'visitor', 'whenRefused', 'whenStale', 'on.logged-in'].map(
    (name): [string, string, unknown[]] => [`.${name}`, 'should be a function.', ['x', null, {}, true]],
  ),
  ['.on.loged-in', ONE_OF, [() => 0]],
]

/** `.a.b` and a value as `{ a: { b: value } }`. */
const nest = (name: string, value: unknown) =>
  name
    .split('.')
    .slice(1)
    .reduceRight((inner, key) => ({ [key]: inner }), value)

const cases = impossible.flatMap(([name, sentence, values]) =>
  values.map((value) => [`auth${name} = ${Bun.inspect(value, { compact: true })}`, name, sentence, value] as const),
)

test.each(cases)('an impossible option stops the start with one clear line: %s', async (_, name, sentence, value) => {
  const started = openSite({}, nest(name, value) as never)
  const error: unknown = await started.catch((error: unknown) => error)
  const lines = error instanceof Error ? error.message.split('\n') : ['it started']
  expect(lines).toEqual([expect.stringContaining(`auth${name} should `)])
  expect(lines[0]?.slice(`auth${name} `.length)).toMatch(sentence)
})

test('of several impossible options each has its line', async () => {
  const given = { loginPath: '//x', protection: 'STRONG', cookies: { sameSite: 'none' } }
  await expect(openSite({}, given as never)).rejects.toThrow(
    [
      `auth.loginPath ${A_PATH}`,
      `auth.protection ${A_PROTECTION}`,
      'auth.cookies.sameSite should be "lax" or "strict".',
    ].join('\n'),
  )
})

test('the compiler refuses them, too', () => {
  // @ts-expect-error: misspelt
  const misspelt: AuthOptions = { loginpath: '/in' }
  // @ts-expect-error: no such choice
  const choice: AuthOptions = { protection: 'STRONG' }
  // @ts-expect-error: no such event
  const event: AuthOptions = { on: { 'loged-in': () => undefined } }
  expect([misspelt, choice, event]).toHaveLength(3)
})

test('the utmost that is possible is', async () => {
  const shortest: AuthOptions = { rememberFor: 1000, loginPath: '/in/?lang=en', groups: { '/apiary': {}, '/a/b': {} } }
  const longest: AuthOptions = { rememberFor: 34_560_000_000, cookies: { names: { session: 'x'.repeat(64) } }, on: {} }
  for (const auth of [{}, shortest, longest]) expect((await openSite({}, auth)).app).toBeDefined()
})

test('an option wins over the environment variable of the same thing', async () => {
  const env = { SESSION_PROTECTION: 'strong', REMEMBER_SECONDS: '60' }
  const { annsBrowser, browser } = await annLoggedIn(env, { protection: 'off', rememberFor: 2000 })
  expect((await annsBrowser.copy('Another browser').get('/settings/password')).status).toBe(200)
  expect((await browser().post('/login', { ...ann, remember: 'yes' })).set.join()).toContain('Max-Age=2;')
})

test('two sites in one process, with different options, share nothing', async () => {
  const [one, other] = [
    await annAndEve({}, { loginPath: '/in', cookies: { names: { session: 'one' } } }),
    await annAndEve(),
  ]
  const [atOne, atOther] = [one.browser(), other.browser()]
  expect((await atOne.get('/profile')).to).toBe('/in?next=%2Fprofile')
  expect((await atOther.get('/profile')).to).toBe('/login?next=%2Fprofile')
  await atOne.post('/login', ann)
  atOther.jar.set('session', atOne.jar.get('one') ?? '')
  expect((await atOne.get('/profile')).status).toBe(200)
  expect((await atOther.get('/profile')).status).toBe(303)
})

test('nothing turns the guards off: no variable, no test environment, no option', async () => {
  const environments: Record<string, string>[] = [
    { NODE_ENV: 'test' },
    { LOGIN_DISABLED: '1', TESTING: 'true' },
    { SESSION_PROTECTION: 'off' },
  ]
  for (const env of environments) expect((await (await openSite(env)).browser().get('/profile')).status).toBe(303)
  for (const name of ['loginDisabled', 'disabled', 'testing'])
    await expect(openSite({}, { [name]: true } as never)).rejects.toThrow(`auth.${name} should be one of`)
})

test('what is undefined is left as it would be without a word', async () => {
  const { deps } = await annAndEve()
  const auth = createAuth(deps, {
    loginPath: undefined,
    groups: { '/staff': { loginPath: undefined, reloginPath: null } },
    messages: { theft: undefined },
    cookies: { names: { session: undefined } },
  })
  expect(auth.placeOf('/staff')).toMatchObject({ loginPath: '/login', reloginPath: null })
  expect([auth.cookies.names.session, auth.messages.theft?.[0]]).toEqual(['session', 'error'])
})
