import { expect, test } from 'bun:test'
import type { AuthOptions } from '@/http/types/auth-options'
import { ann, annAndEve, annRemembered } from '../../support/people'

const HTTPS = { APP_URL: 'https://www.app.test' }

/** Sets and clears each cookie. Returns the last headers of both kinds, without value and Max-Age. */
async function setAndCleared(cookies: AuthOptions['cookies'], env?: Record<string, string>) {
  const pages = cookies?.path ? { loginPath: `${cookies.path}/login`, reloginPath: `${cookies.path}/relogin` } : {}
  const { browser } = await annAndEve(env, { ...pages, cookies })
  const anns = browser()
  const answers = [
    await anns.get('/profile'),
    await anns.get('/login'),
    await anns.post('/login', { ...ann, remember: 'yes' }),
    await anns.get('/probe'),
    await anns.post('/logout'),
  ]
  const bare = (line: string) => line.replace(/=[^;]*/, '').replace(/ Max-Age=\d+;/, '')
  const lines = answers.flatMap(({ set }) => set)
  const [gone, set] = [true, false].map((isGone) =>
    [...new Set(lines.filter((line) => line.includes(' Max-Age=0;') === isGone).map(bare))].toSorted(),
  )
  return { set, gone }
}

// A logout keeps the known device, so that failed logins of others do not delay the next login here.
const NAMES = ['device', 'flash', 'remember', 'session']
const allFour = (attributes: string, names = NAMES) => names.map((name) => `${name}; ${attributes}`)

test('every cookie is set and cleared with the same attributes', async () => {
  const { set, gone } = await setAndCleared(undefined)
  expect(set).toEqual(allFour('Path=/; HttpOnly; SameSite=Lax'))
  expect(gone).toEqual(set?.filter((line) => !/^([\w-]*device|e);/.test(line)))
})

test('the domain, path and SameSite options apply when cookies are set and when they are cleared', async () => {
  const { set, gone } = await setAndCleared({ domain: 'app.test', path: '/app', sameSite: 'strict' }, HTTPS)
  const names = NAMES.map((name) => `__Secure-${name}`)
  expect(set).toEqual(allFour('Domain=app.test; Path=/app; Secure; HttpOnly; SameSite=Strict', names))
  expect(gone).toEqual(set?.filter((line) => !/^([\w-]*device|e);/.test(line)))
})

test('the cookie names can be configured', async () => {
  const names = { session: 'a', remember: 'b', flash: 'c', device: 'e' }
  const { set, gone } = await setAndCleared({ names })
  expect(set).toEqual(allFour('Path=/; HttpOnly; SameSite=Lax', Object.values(names)))
  expect(gone).toEqual(set?.filter((line) => !/^([\w-]*device|e);/.test(line)))
})

test.each([
  [{}, '__Host-'],
  [{ sameSite: 'strict' }, '__Host-'],
  [{ domain: 'www.app.test' }, '__Secure-'],
  [{ path: '/app' }, '__Secure-'],
] as [AuthOptions['cookies'], string][])(
  'on https the options %j use the strictest possible prefix: %s',
  async (cookies, prefix) => {
    const { set } = await setAndCleared({ ...cookies, names: { session: 'id' } }, HTTPS)
    expect(set?.map((line) => line.split(';')[0])).toEqual(
      ['device', 'flash', 'id', 'remember'].map((name) => prefix + name),
    )
    expect(set?.every((line) => line.includes('; Secure; HttpOnly;'))).toBe(true)
  },
)

test('a cookie with the old name does not authenticate', async () => {
  const { browser } = await annAndEve({}, { cookies: { names: { session: 'id' } } })
  const anns = browser()
  await anns.post('/login', ann)
  expect((await anns.get('/profile')).status).toBe(200)
  expect((await browser().get('/profile', { cookie: `session=${anns.jar.get('id')}` })).status).toBe(303)
})

test('a logout clears the remember cookie at its configured path', async () => {
  const { annsBrowser } = await annRemembered(HTTPS, { cookies: { domain: 'app.test', names: { remember: 'stay' } } })
  expect([...annsBrowser.jar.keys()].toSorted()).toEqual(['__Secure-device', '__Secure-stay'])
  expect((await annsBrowser.post('/logout')).set).toContain(
    '__Secure-stay=; Domain=app.test; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
  )
  expect((await annsBrowser.get('/profile')).status).toBe(303)
})
