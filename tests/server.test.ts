import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
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

test('it says where it is, and makes its database by itself', async () => {
  const one = start()
  expect(await waitUntilListening(one)).toContain(` is at ${one.url}`)
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

test('what was stored is there after a restart', async () => {
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

test('a port in use is one clear sentence, and an exit code that is not 0', async () => {
  const one = start()
  await waitUntilListening(one)
  const { said, code } = await startError({ PORT: one.settings.PORT })
  expect([said.split('\n').length, code]).toEqual([1, 1])
  expect(said).toStartWith(
    `PORT is "${one.settings.PORT}" and HOST is "localhost", and the server cannot listen there:`,
  )
})

test('bad variables are one clear sentence each', async () => {
  const { said, code } = await startError({ PORT: 'http', SESSION_PROTECTION: 'STRONG', LOG_FORMAT: 'xml' })
  expect(code).toBe(1)
  expect(said.split('\n')).toEqual([
    'PORT is "http" and should be a whole number from 1 to 65535.',
    'SESSION_PROTECTION is "STRONG" and should be "basic" or "strong" or "off".',
    'LOG_FORMAT is "xml" and should be "pretty" or "json".',
  ])
})

test('login pages that are not there, or ask for a login, are one clear sentence each', async () => {
  const auth = `export const auth = { loginPath: '/dashboard', pathGroups: { '/staff': { loginPath: '/staff/in' } } }`
  const { said, code } = await startError({}, await withAuth(auth))
  expect(code).toBe(1)
  expect(said.split('\n')).toEqual([
    'auth.loginPath should be a page for visitors, and /dashboard does not let them in.',
    'auth.pathGroups./staff.loginPath should be a page of this site, and there is none at /staff/in.',
  ])
})

test('a database that cannot be opened is one clear sentence, and is left alone', async () => {
  const spoilt = `${tempFolder('server')}/not-a-database`
  writeFileSync(spoilt, 'these are only words, and more than sqlite takes for a header'.repeat(20))
  for (const path of [`${tempFolder('server')}/missing/test.sqlite`, tempFolder('server'), spoilt]) {
    const { said, code } = await startError({ DATABASE_URL: `sqlite:${path}` })
    expect([said.split('\n').length, code]).toEqual([1, 1])
    expect(said).toStartWith(`DATABASE_URL is "sqlite:${path}", and that database cannot be opened and written:`)
  }
  expect(await Bun.file(spoilt).text()).toContain('only words')
})

test('under --watch a start that fails ends the process too', async () => {
  expect((await startError({ PORT: 'http' }, ['--watch'])).code).toBe(1)
})

test('a signal lets what is in flight finish, and then ends the process with 0', async () => {
  const one = start()
  await waitUntilListening(one)
  const { answer, send } = await slowRequest(one.settings.PORT, '/signup', ann)
  await fetch(`${one.url}/healthz`) // answered after what came before it was read
  one.server.kill('SIGTERM')
  await send()
  expect(await answer).toStartWith('HTTP/1.1 303 ')
  expect(await one.server.exited).toBe(0)
})

test('an open stream does not hold a stop up, and the browser hears that it is over', async () => {
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
  const said = stream.text() // resolves once the other side has closed
  one.server.kill('SIGTERM')
  expect(await said).toContain('event: connected')
  expect(await one.server.exited).toBe(0) // and not 1, which it would be if it had to be cut off
})

const isUp = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

/** A server whose listener of a refusal does this, and a visitor who is refused there. What it logs nobody has read yet. */
async function serverThatListens(doing: string) {
  const code = `export const auth = { on: { 'access-denied'() { ${doing} } } }`
  const { server, url } = start({ LOG_FORMAT: 'json' }, await withAuth(code))
  while (!(await isUp(url))) await Bun.sleep(20)
  const visit = async () => (await fetch(`${url}/profile`, { redirect: 'manual' })).headers.get('location')
  return { server, url, visit, log: () => new Response(server.stdout).text() }
}

test('a listener that forgot to wait for what fails is an error in the log, and the site goes on', async () => {
  const { server, url, visit, log } = await serverThatListens(`void Promise.reject(new Error('nobody waited'))`)
  for (let i = 0; i < 3; i++) expect(await visit()).toBe('/login?next=%2Fprofile')
  expect(await isUp(url)).toBe(true)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
  const lines = (await log()).split('\n').filter((line) => line.includes('nobody waited'))
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(
    Array.from({ length: 3 }, () => ({ level: 50, msg: 'unhandledRejection', err: { message: 'nobody waited' } })),
  )
})

test('a fault that no request owns is told, and ends the process with 1', async () => {
  const { server, visit, log } = await serverThatListens(`setTimeout(() => { throw new Error('out of the blue') })`)
  await visit()
  expect(await server.exited).toBe(1)
  expect(await log()).toContain('"msg":"uncaughtException"')
})

test('a log that cannot be written is lost, and the site goes on', async () => {
  const full = Bun.file('/dev/full')
  if (!existsSync('/dev/full')) return // only Linux has a disk that is always full
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
