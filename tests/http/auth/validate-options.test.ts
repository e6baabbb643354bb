import { expect, test } from 'bun:test'
import { createAuth } from '@/http/auth/auth'
import type { AuthOptions } from '@/http/types/auth-options'
import { ann, annAndEve, annLoggedIn } from '../../support/people'
import { openSite } from '../../support/site'

const DURATION = 'should be a whole number of milliseconds from 1000 to 34560000000.'
const PROTECTION = 'should be "basic" or "strong" or "off".'
const UPGRADE = 'should be "ask" or "automatic" or "off".'
const SAME_SITE = 'should be "lax" or "strict".'

const startErrors = async (auth: unknown, env?: Record<string, string>) =>
  openSite(env, auth as AuthOptions).then(
    () => ['it started'],
    (error: Error) => error.message.split('\n'),
  )

/** `a.b` and a value as `{ a: { b: value } }`. */
const nest = (name: string, value: unknown) =>
  name.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)

const invalid: [name: string, sentence: string, values: unknown[]][] = [
  ['protection', PROTECTION, ['STRONG', 'Basic', 'of', 'none', '', true, false, null, 0]],
  ['rememberFor', DURATION, [0, -1, 999, 1.5, 1000.5, 34_560_000_001, Number.NaN, Infinity, '2000', null]],
  ['cookies.sameSite', SAME_SITE, ['none', 'Lax', null, false]],
  ['passkeys.upgrade', UPGRADE, ['auto', 'Ask', '', null, true]],
  ['cookies.names', 'should differ from each other.', [{ session: 'remember' }, { flash: 'x', saved: 'x' }]],
]

const cases = invalid.flatMap(([name, sentence, values]) =>
  values.map((value) => [`auth.${name} = ${Bun.inspect(value, { compact: true })}`, name, sentence, value] as const),
)

test.each(cases)('an invalid option stops the start with one clear line: %s', async (_, name, sentence, value) => {
  expect(await startErrors(nest(name, value))).toEqual([`auth.${name} ${sentence}`])
})

test('each of several invalid options has its line', async () => {
  expect(await startErrors({ protection: 'STRONG', cookies: { sameSite: 'none' }, rememberFor: 0 })).toEqual([
    `auth.protection ${PROTECTION}`,
    `auth.cookies.sameSite ${SAME_SITE}`,
    `auth.rememberFor ${DURATION}`,
  ])
})

test('the cookie domain is the host of the site or a parent domain', async () => {
  const errors = (host: string, domain: string) => startErrors({ cookies: { domain } }, { APP_URL: `https://${host}` })
  const host = 'www.app.test'
  for (const domain of ['www.app.test', 'app.test']) expect(await errors(host, domain)).toEqual(['it started'])
  for (const domain of ['', 'test', '.app.test', 'pp.test', 'x.www.app.test', 'evil.test', 'APP.test'])
    expect(await errors(host, domain)).toEqual([
      'auth.cookies.domain should be www.app.test, or a name that this one is below.',
    ])
  for (const domain of ['0.0.1', '1'])
    expect(await errors('127.0.0.1', domain)).toEqual([
      'auth.cookies.domain should be 127.0.0.1, or a name that this one is below.',
    ])
})

test('the compiler rejects invalid options, too', () => {
  // @ts-expect-error: misspelt
  const misspelt: AuthOptions = { loginpath: '/in' }
  // @ts-expect-error: no such choice
  const choice: AuthOptions = { protection: 'STRONG' }
  // @ts-expect-error: no such event
  const event: AuthOptions = { on: { 'loged-in': () => undefined } }
  expect([misspelt, choice, event]).toHaveLength(3)
})

test('the shortest and the longest remember duration are valid', async () => {
  for (const rememberFor of [1000, 34_560_000_000]) expect(await startErrors({ rememberFor })).toEqual(['it started'])
})

test('an option overrides the environment variable for the same setting', async () => {
  const env = { SESSION_PROTECTION: 'strong', REMEMBER_SECONDS: '60' }
  const { annsBrowser, browser } = await annLoggedIn(env, { protection: 'off', rememberFor: 2000 })
  expect((await annsBrowser.copy('Another browser').get('/settings/password')).status).toBe(200)
  expect((await browser().post('/login', { ...ann, remember: 'yes' })).set.join()).toContain('Max-Age=2;')
})

test('two sites in one process with different options share no state', async () => {
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

test('no variable, test environment or option disables the guards', async () => {
  const environments: Record<string, string>[] = [
    { NODE_ENV: 'test' },
    { LOGIN_DISABLED: '1', TESTING: 'true' },
    { SESSION_PROTECTION: 'off' },
  ]
  for (const env of environments) expect((await (await openSite(env)).browser().get('/profile')).status).toBe(303)
  for (const name of ['loginDisabled', 'disabled', 'testing']) {
    const { browser } = await openSite({}, nest(name, true) as AuthOptions)
    expect((await browser().get('/profile')).status).toBe(303)
  }
})

test('an undefined option keeps its default', async () => {
  const { deps } = await annAndEve()
  const auth = createAuth(deps, {
    loginPath: undefined,
    pathGroups: { '/staff': { loginPath: undefined, reloginPath: null } },
    messages: { theft: undefined },
    cookies: { names: { session: undefined } },
  })
  expect(auth.loginPathsFor('/staff')).toMatchObject({ loginPath: '/login', reloginPath: null })
  expect([auth.cookies.names.session, auth.messages.theft?.[0]]).toEqual(['session', 'error'])
})
