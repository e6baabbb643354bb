import { Database } from 'bun:sqlite'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { signupTest } from '../support/features'
import { startMailServer, stopMailServers } from '../support/mail-server'
import { ann, eve } from '../support/people'
import { endAfterwards, findFreePort, stopStarted, waitUntilListening, start, withAuth } from '../support/process'
import { queueMails } from '../support/queue-mails'
import { slowRequest } from '../support/slow-request'
import { tempDatabase, tempFolder } from '../support/temp'

afterEach(stopStarted)
afterEach(stopMailServers)

setDefaultTimeout(30_000)

type Started = Awaited<ReturnType<typeof startServer>>

async function startServer(env: Record<string, string> = {}, flags: string[] = []) {
  const one = start({ LOG_FORMAT: 'json', ...env }, flags)
  await waitUntilListening(one)
  const post = (path: string, fields: Record<string, string>, init: RequestInit = {}) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', ...init })
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  return { ...one, post, file }
}

/** The server has read all earlier requests when it responds. */
const roundTrip = ({ url }: Started) => fetch(`${url}/healthz`)

const isUnreachable = ({ url }: Pick<Started, 'url'>) =>
  fetch(`${url}/healthz`, { keepalive: false }).then(
    () => false,
    () => true,
  )

signupTest(
  'a signal lets pending requests and queued hashes finish, rejects new connections and closes the database',
  async () => {
    const one = await startServer({ TRUST_PROXY: '1' })
    const slow = await slowRequest(one.settings.PORT, '/signup', ann)
    const signUp = async (n: number) => {
      const from = { headers: { 'x-forwarded-for': `192.0.2.${n}` } }
      return (await one.post('/signup', { ...eve, email: `eve${n}@example.test` }, from)).status
    }
    const signUps = Promise.all(Array.from({ length: 12 }, (_, n) => signUp(n))) // more than hash at once
    await roundTrip(one)
    one.server.kill('SIGTERM')
    while (!(await isUnreachable(one))) await Bun.sleep(5)
    await slow.send()
    expect(await slow.answer).toBe('HTTP/1.1 303 See Other')
    expect(await signUps).toEqual(Array.from({ length: 12 }, () => 303))
    expect(await one.server.exited).toBe(0)
    expect([existsSync(one.file), existsSync(`${one.file}-wal`)]).toEqual([true, false])
  },
)

signupTest(
  'a second signal within a second, as a terminal and the runner send it, does not force the exit',
  async () => {
    const one = await startServer()
    const slow = await slowRequest(one.settings.PORT, '/signup', ann)
    await roundTrip(one)
    one.server.kill('SIGINT')
    while (!(await isUnreachable(one))) await Bun.sleep(5)
    one.server.kill('SIGINT')
    await Bun.sleep(50) // so that the signal arrives
    await slow.send()
    expect(await slow.answer).toBe('HTTP/1.1 303 See Other')
    expect(await one.server.exited).toBe(0)
  },
)

signupTest('a later second signal forces the exit with code 1', async () => {
  const one = await startServer()
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await roundTrip(one)
  one.server.kill('SIGTERM')
  while (!(await isUnreachable(one))) await Bun.sleep(5)
  await Bun.sleep(1100) // longer than DOUBLE_SIGNAL_WINDOW
  one.server.kill('SIGTERM')
  expect([await slow.answer, await one.server.exited]).toEqual(['cut off', 1])
})

signupTest('an uncaught exception lets pending requests finish and exits with 1', async () => {
  const throwing = `export const auth = { on: { 'access-denied'() { setTimeout(() => { throw new Error('uncaught') }) } } }`
  const one = await startServer({}, await withAuth(throwing))
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await fetch(`${one.url}/profile`, { redirect: 'manual' })
  while (!(await isUnreachable(one))) await Bun.sleep(5)
  await slow.send()
  expect([await slow.answer, await one.server.exited]).toEqual(['HTTP/1.1 303 See Other', 1])
})

test('a closed log pipe loses log lines, and the server keeps running', async () => {
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const one = await startServer({ LOG_FORMAT }) // `waitUntilListening` has closed the pipe
    for (let i = 0; i < 50; i++) expect((await fetch(`${one.url}/`)).status).toBe(200)
    one.server.kill('SIGTERM')
    expect(await one.server.exited).toBe(0)
  }
})

signupTest.each(['SIGHUP', 'SIGQUIT'] as const)('%s lets pending requests finish, as SIGTERM does', async (signal) => {
  const one = await startServer()
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await roundTrip(one)
  one.server.kill(signal)
  while (!(await isUnreachable(one))) await Bun.sleep(5)
  await slow.send()
  expect([await slow.answer, await one.server.exited]).toEqual(['HTTP/1.1 303 See Other', 0])
  expect([existsSync(one.file), existsSync(`${one.file}-wal`)]).toEqual([true, false])
})

signupTest('a closed terminal lets pending requests finish', async () => {
  const port = findFreePort()
  let printed = ''
  const server = Bun.spawn([process.execPath, '--no-env-file', 'src/server.ts'], {
    env: { PATH: process.env.PATH, PORT: port, DATABASE_URL: 'sqlite::memory:' },
    terminal: { data: (_, data) => void (printed += new TextDecoder().decode(data)) },
  })
  endAfterwards(server)
  while (!printed.includes('listening')) await Bun.sleep(20)
  const slow = await slowRequest(port, '/signup', ann)
  await fetch(`http://localhost:${port}/healthz`)
  server.terminal?.close()
  while (!(await isUnreachable({ url: `http://localhost:${port}` }))) await Bun.sleep(5)
  await slow.send()
  expect([await slow.answer, await server.exited]).toEqual(['HTTP/1.1 303 See Other', 0])
})

test('nohup keeps the server running when SIGHUP arrives', async () => {
  if (!existsSync('/proc/self/status')) return // Linux only
  const port = findFreePort()
  const env = { PATH: process.env.PATH, PORT: port, DATABASE_URL: 'sqlite::memory:' }
  const command = ['nohup', process.execPath, '--no-env-file', 'src/server.ts']
  const server = Bun.spawn(command, { env, stdout: 'ignore', stderr: 'ignore' })
  endAfterwards(server)
  const one = { url: `http://localhost:${port}` }
  while (await isUnreachable(one)) await Bun.sleep(20)
  server.kill('SIGHUP')
  await Bun.sleep(50) // so that the signal arrives
  expect(await isUnreachable(one)).toBe(false)
  server.kill('SIGTERM')
  expect(await server.exited).toBe(0)
})

test('signals without a meaning for the server are logged and do not end it', async () => {
  const log = `${tempFolder('signals')}/log`
  const env = { PATH: process.env.PATH, PORT: findFreePort(), DATABASE_URL: 'sqlite::memory:', LOG_FORMAT: 'json' }
  const server = Bun.spawn([process.execPath, '--no-env-file', 'src/server.ts'], { env, stdout: Bun.file(log) })
  endAfterwards(server)
  const one = { server, url: `http://localhost:${env.PORT}` }
  while (await isUnreachable(one)) await Bun.sleep(20)
  const signals = ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGXCPU'] as const
  for (const signal of [...signals, 'SIGPIPE', 'SIGXFSZ'] as const) {
    one.server.kill(signal)
    expect([signal, await isUnreachable(one)]).toEqual([signal, false])
  }
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0)
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  const ignored = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'signal ignored')
  expect(ignored.map(({ signal }) => signal).toSorted()).toEqual([...signals].toSorted())
})

/** A server that sends eight mails to a mail server, which accepts each after `answer` has resolved. */
async function startSending(answer: Promise<void>) {
  const inProgress: string[] = []
  const { port } = await startMailServer({
    onData(stream, { envelope: { rcptTo } }, done) {
      stream.resume().on('end', () => {
        inProgress.push(...rcptTo.map(({ address }) => address))
        void answer.then(() => done())
      })
    },
  })
  const settings = {
    DATABASE_URL: `sqlite:${tempDatabase('mails')}`,
    MAIL_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'no-reply@example.test',
  }
  const recipients = Array.from({ length: 8 }, (_, i) => `person${i}@example.test`)
  await queueMails(settings.DATABASE_URL, 'test', recipients)
  const one = await startServer(settings)
  while (inProgress.length === 0) await Bun.sleep(5)
  return one
}

/** The recipients of mails that were sent, and how many were never claimed. */
function readMails(file: string) {
  const database = new Database(file)
  const rows = database
    .query<{ attempt_count: number; sent_at: number | null; failed_at: number | null }, []>('select * from mails')
    .all()
  database.close()
  return {
    sent: rows.filter((row) => row.sent_at !== null).length,
    failed: rows.filter((row) => row.failed_at !== null).length,
    unclaimed: rows.filter((row) => row.attempt_count === 0).length,
  }
}

test('a signal lets mails that are being sent finish and claims no further one', async () => {
  const answered = Promise.withResolvers<void>()
  const one = await startSending(answered.promise)
  one.server.kill('SIGTERM')
  while (!(await isUnreachable(one))) await Bun.sleep(5)
  answered.resolve()
  expect(await one.server.exited).toBe(0)
  expect(readMails(one.file)).toEqual({ sent: 5, failed: 0, unclaimed: 3 })
})

test('a mail server that does not answer delays the exit by five seconds and loses no mail', async () => {
  const one = await startSending(new Promise(() => undefined))
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0) // after ten seconds it would be 1
  expect(readMails(one.file)).toEqual({ sent: 0, failed: 0, unclaimed: 3 })
})
