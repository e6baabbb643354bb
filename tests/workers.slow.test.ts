import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createEmptyDatabase, testServer } from './support/databases'
import { signupTest } from './support/features'
import { ann, eve } from './support/people'
import { followLog, start, startError, stopStarted } from './support/process'
import { slowRequest } from './support/slow-request'

afterEach(stopStarted)
setDefaultTimeout(60_000)

const isLinux = process.platform === 'linux'
const onLinux = isLinux ? test : test.skip
const signupOnLinux = isLinux ? signupTest : test.skip

/** A server with two workers, and its log. */
async function startWorkers() {
  const database: Record<string, string> = testServer ? { DATABASE_URL: await createEmptyDatabase(testServer) } : {}
  const one = start({ WORKERS: '2', LOG_FORMAT: 'json', ...database })
  const { lines, logged } = followLog(one.server)
  await logged('workers started')
  const workers = () => childrenOf(one.server.pid)
  const ask = (path: string, init?: RequestInit) =>
    fetch(`${one.url}${path}`, { keepalive: false, redirect: 'manual', ...init })
  return { ...one, lines, logged, workers, ask }
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** Statuses of requests over connections of their own, so that each worker answers some. */
async function askOften(ask: (path: string) => Promise<Response>) {
  const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await ask('/healthz')).status))
  return [...new Set(statuses)]
}

onLinux('a killed worker costs no further request, and another one replaces it', async () => {
  const { server, workers, lines, logged, ask } = await startWorkers()
  const [killed = 0, other = 0] = workers()
  process.kill(killed, 'SIGKILL')
  await logged('worker ended')
  expect(await askOften(ask)).toEqual([200])
  while (workers().length < 2) await Bun.sleep(20)
  expect(workers()).toContain(other)
  expect(await askOften(ask)).toEqual([200])
  expect(lines.filter(({ msg }) => msg === 'worker ended')).toMatchObject([{ signal: 'SIGKILL' }])
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
})

signupOnLinux('a signal lets pending requests of all workers finish and exits with 0', async () => {
  const { server, settings, ask, workers } = await startWorkers()
  const people = Array.from({ length: 8 }, (_, i) => ({ ...eve, email: `eve${i}@example.test` }))
  const slow = await Promise.all(people.map((person) => slowRequest(settings.PORT, '/signup', person)))
  await askOften(ask) // so that both workers have read the pending requests
  const before = workers()
  server.kill('SIGTERM')
  while (await ask('/healthz').catch(() => undefined)) await Bun.sleep(20)
  await Promise.all(slow.map(({ send }) => send()))
  expect(await Promise.all(slow.map(({ answer }) => answer))).toEqual(people.map(() => 'HTTP/1.1 303 See Other'))
  expect(await server.exited).toBe(0)
  expect(before.filter(isRunning)).toEqual([])
})

signupOnLinux('a session of one worker is known to the other', async () => {
  const { ask } = await startWorkers()
  const post = (path: string) => ask(path, { method: 'POST', body: new URLSearchParams(ann) })
  expect((await post('/signup')).status).toBe(303)
  const cookie = (await post('/login')).headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  for (let i = 0; i < 20; i++) expect((await ask('/profile', { headers: { cookie } })).status).toBe(200)
})

onLinux('workers end when their parent is killed', async () => {
  const { server, workers, ask } = await startWorkers()
  const before = workers()
  server.kill('SIGKILL')
  while (before.some(isRunning)) await Bun.sleep(20)
  expect(await ask('/healthz').catch(() => 'no answer')).toBe('no answer')
})

onLinux(
  'workers do not share the port of a forgotten server: a port in use stops the start with one line',
  async () => {
    const forgotten = Bun.serve({ port: 0, hostname: 'localhost', reusePort: true, fetch: () => new Response() })
    const { message, code } = await startError({ PORT: `${forgotten.port}`, WORKERS: '2' })
    const advice = 'the port is in use. Stop the other program, or set PORT.'
    expect([message, code]).toEqual([`Cannot listen on localhost:${forgotten.port}: ${advice}`, 1])
    await forgotten.stop(true)
  },
)

onLinux('an error at the start is reported by one worker and stops them all', async () => {
  const { message, code } = await startError({ WORKERS: '2', DATABASE_CREATE: 'off' })
  expect([message.split('\n').length, code]).toEqual([1, 1])
  expect(message).toStartWith('Database not found')
})

test('a database in memory stops the start of workers with one line', async () => {
  const { message, code } = await startError({ WORKERS: '2', DATABASE_URL: 'sqlite::memory:' })
  expect([message, code]).toEqual([
    'WORKERS above 1 needs a database that processes share. Set DATABASE_URL to a file or a server.',
    1,
  ])
})

onLinux('--workers replaces WORKERS, and auto starts one worker per core', async () => {
  const one = start({ WORKERS: '1', LOG_FORMAT: 'json' }, [], undefined, ['--workers', 'auto'])
  await followLog(one.server).logged(availableParallelism() > 1 ? 'workers started' : 'listening on')
  expect(childrenOf(one.server.pid)).toHaveLength(availableParallelism() > 1 ? availableParallelism() : 0)
})

test('an unknown flag stops the start with one line', async () => {
  const { message, code } = await startError({}, [], ['--worker-count', '2'])
  expect([message.split('\n').length, code]).toEqual([1, 1])
  expect(message).toContain('--worker-count')
})

test('--watch has one process and says so', async () => {
  const one = start({ WORKERS: '2', LOG_FORMAT: 'json' }, ['--watch'])
  await followLog(one.server).logged('WORKERS is ignored: --watch restarts one process only')
  if (isLinux) expect(childrenOf(one.server.pid)).toEqual([])
})

/** A process that ended and was not yet waited for has no memory map. */
const isRunning = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readStatus(pid))

function readStatus(pid: number) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return 'State: Z' // ended meanwhile
  }
}
