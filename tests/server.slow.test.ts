import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
import { signupTest } from './support/features'
import { ann } from './support/people'
import {
  endAfterwards,
  findFreePort,
  waitUntilListening,
  startError,
  start,
  stopStarted,
  withAuth,
} from './support/process'
import { slowRequest } from './support/slow-request'
import { tempFolder } from './support/temp'

afterEach(stopStarted)

setDefaultTimeout(20_000)

test('the server logs its address and creates its database', async () => {
  const one = start()
  expect(await waitUntilListening(one)).toContain(`listening on ${one.url}`)
  expect(await (await fetch(`${one.url}/api/status`)).json()).toEqual({ status: 'ok' })
  expect(existsSync(one.settings.DATABASE_URL.replace('sqlite:', ''))).toBe(true)
})

test.each([
  [{}, true],
  [{ APP_URL: 'https://app.example' }, false],
])('the start in production with %j warns about a missing APP_URL: %p', async (env, isWarned) => {
  const { server, url } = start({ NODE_ENV: 'production', ...env })
  while (!(await isUp(url))) await Bun.sleep(20)
  server.kill('SIGTERM')
  const lines = (await new Response(server.stdout).text()).split('\n').filter((line) => line.includes('"level":40'))
  const { host } = new URL(url)
  const message = `APP_URL is not set: requests for any host but ${host} get 421`
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(isWarned ? [message] : [])
})

signupTest('the database keeps its data after a restart', async () => {
  const one = start()
  await waitUntilListening(one)
  const account = new URLSearchParams({ email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' })
  expect((await fetch(`${one.url}/signup`, { method: 'POST', body: account, redirect: 'manual' })).status).toBe(303)
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0)
  const two = start({ DATABASE_URL: one.settings.DATABASE_URL })
  await waitUntilListening(two)
  expect((await fetch(`${two.url}/login`, { method: 'POST', body: account, redirect: 'manual' })).status).toBe(303)
})

test('a port in use stops the start with one line and a non-zero exit code', async () => {
  const one = start()
  await waitUntilListening(one)
  const { message, code } = await startError({ PORT: one.settings.PORT })
  expect([message.split('\n').length, code]).toEqual([1, 1])
  const advice = 'the port is in use. Stop the other program, or set PORT.'
  expect(message).toBe(`Cannot listen on localhost:${one.settings.PORT}: ${advice}`)
})

test.each([
  ['nope.invalid', 'nope.invalid', 'the host name does not resolve. Set HOST to a name'],
  ['203.0.113.7', '203.0.113.7', 'the IP address is not one of this machine. Set HOST to an IP address'],
  ['2001:db8::7', '[2001:db8::7]', 'the IP address is not one of this machine. Set HOST to an IP address'],
])('HOST=%s stops the start with one line that names the cause', async (HOST, shown, cause) => {
  const PORT = findFreePort()
  const { message, code } = await startError({ HOST, PORT })
  expect([message.split('\n').length, code]).toEqual([1, 1])
  expect(message).toStartWith(`Cannot listen on ${shown}:${PORT}: ${cause}`)
})

test('the log shows an IPv6 address in brackets', async () => {
  const one = start({ HOST: '::1', LOG_FORMAT: 'json' })
  expect(await waitUntilListening(one)).toContain(`"address":"http://[::1]:${one.settings.PORT}"`)
})

test('bad variables stop the start with one line each', async () => {
  const { message, code } = await startError({ PORT: 'http', SESSION_PROTECTION: 'STRONG', LOG_FORMAT: 'xml' })
  expect(code).toBe(1)
  expect(message.split('\n')).toEqual([
    'PORT is "http" and should be a whole number from 1 to 65535.',
    'SESSION_PROTECTION is "STRONG" and should be "basic" or "strong" or "off".',
    'LOG_FORMAT is "xml" and should be "pretty" or "json".',
  ])
})

test('login pages that are missing or require a login stop the start with one line each', async () => {
  const auth = `export const auth = { loginPath: '/dashboard', pathGroups: { '/staff': { loginPath: '/staff/in' } } }`
  const { message, code } = await startError({}, await withAuth(auth))
  expect(code).toBe(1)
  expect(message.split('\n')).toEqual([
    'auth.loginPath should be a page for visitors, but /dashboard denies them.',
    'auth.pathGroups./staff.loginPath should be a page of this site, but /staff/in does not exist.',
  ])
})

test('a database that cannot be opened stops the start with one line and stays unchanged', async () => {
  const corrupt = `${tempFolder('server')}/not-a-database`
  writeFileSync(corrupt, 'plain text that is longer than the header of a database file'.repeat(20))
  for (const [path, advice] of [
    [`${tempFolder('server')}/missing/test.sqlite`, 'It should be a file in an existing folder'],
    [tempFolder('server'), 'It should be a file in an existing folder'],
    [corrupt, 'file is not a database. Set DATABASE_URL to another file, or restore a backup'],
  ] as const) {
    const { message, code } = await startError({ DATABASE_URL: `sqlite:${path}` })
    expect([message.split('\n').length, code]).toEqual([1, 1])
    expect(message).toStartWith(`Cannot open database DATABASE_URL=sqlite:${path}: `)
    expect(message).toContain(advice)
  }
  expect(await Bun.file(corrupt).text()).toContain('plain text')
})

test('a failed start ends the process under --watch, too', async () => {
  expect((await startError({ PORT: 'http' }, ['--watch'])).code).toBe(1)
})

signupTest('a signal lets pending requests finish and exits with 0', async () => {
  const one = start()
  await waitUntilListening(one)
  const { answer, send } = await slowRequest(one.settings.PORT, '/signup', ann)
  await fetch(`${one.url}/healthz`) // so that the server has read the pending request
  one.server.kill('SIGTERM')
  await send()
  expect(await answer).toStartWith('HTTP/1.1 303 ')
  expect(await one.server.exited).toBe(0)
})

signupTest('an open event stream is closed by a stop and does not delay it', async () => {
  const one = start()
  await waitUntilListening(one)
  const post = (path: string) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(ann), redirect: 'manual' })
  await post('/signup')
  const cookie = (await post('/login')).headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const stream = await fetch(`${one.url}/session/stream`, { headers: { cookie } })
  const body = stream.text() // resolves when the server closes the stream
  one.server.kill('SIGTERM')
  expect(await body).toContain('event: connected')
  expect(await one.server.exited).toBe(0) // 1 after a forced exit
})

const isUp = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

/** A server whose listener for denied requests runs `code`. `denyRequest` triggers it. */
async function startWithListener(code: string) {
  const auth = `export const auth = { on: { 'access-denied'() { ${code} } } }`
  const { server, url } = start({ LOG_FORMAT: 'json' }, await withAuth(auth))
  while (!(await isUp(url))) await Bun.sleep(20)
  const denyRequest = async () => (await fetch(`${url}/profile`, { redirect: 'manual' })).headers.get('location')
  return { server, url, denyRequest, log: () => new Response(server.stdout).text() }
}

test('an unhandled rejection in a listener is logged, and the server keeps running', async () => {
  const { server, url, denyRequest, log } = await startWithListener(`void Promise.reject(new Error('not awaited'))`)
  for (let i = 0; i < 3; i++) expect(await denyRequest()).toBe('/login?next=%2Fprofile')
  expect(await isUp(url)).toBe(true)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
  const lines = (await log()).split('\n').filter((line) => line.includes('not awaited'))
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(
    Array.from({ length: 3 }, () => ({ level: 50, msg: 'unhandledRejection', err: { message: 'not awaited' } })),
  )
})

test('an uncaught exception is logged and exits with 1', async () => {
  const { server, denyRequest, log } = await startWithListener(`setTimeout(() => { throw new Error('uncaught') })`)
  await denyRequest()
  expect(await server.exited).toBe(1)
  expect(await log()).toContain('"msg":"uncaughtException"')
})

test('a log that cannot be written does not stop the server', async () => {
  const full = Bun.file('/dev/full')
  if (!existsSync('/dev/full')) return // Linux only
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const port = findFreePort()
    const env = { PATH: process.env.PATH, PORT: port, DATABASE_URL: 'sqlite::memory:', LOG_FORMAT }
    endAfterwards(
      Bun.spawn([process.execPath, '--no-env-file', 'src/server.ts'], { env, stdout: full, stderr: 'ignore' }),
    )
    const ask = () =>
      fetch(`http://localhost:${port}/healthz`).then(
        ({ status }) => status,
        () => 0,
      )
    while ((await ask()) === 0) await Bun.sleep(20)
    for (let i = 0; i < 50; i++) expect(await ask()).toBe(200)
  }
})
