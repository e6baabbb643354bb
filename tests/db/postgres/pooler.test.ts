import { afterEach, expect, setDefaultTimeout } from 'bun:test'
import { chmodSync } from 'node:fs'
import { createEmptyDatabase, postgresTest, testServer } from '../../support/databases'
import { endAfterwards, findFreePort, start, startError, stopStarted, waitUntilListening } from '../../support/process'
import { tempFolder } from '../../support/temp'

setDefaultTimeout(60_000)
afterEach(stopStarted)

const poolerTest: typeof postgresTest = Bun.which('pgbouncer') ? postgresTest : () => undefined

/** PgBouncer in transaction mode, in front of the test server. Returns the URL of the database through it. */
async function startPooler(server: URL) {
  const [folder, port] = [tempFolder('pooler'), findFreePort()]
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const target = `* = host=${server.hostname} port=${server.port} user=${server.username}`
  await Bun.write(`${folder}/pooler.ini`, ['[databases]', target, '[pgbouncer]', ...lines, ''].join('\n'))
  chmodSync(folder, 0o755)
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : [] // it refuses to run as root
  const pooler = Bun.spawn(['pgbouncer', '-q', ...asUser, `${folder}/pooler.ini`], { stderr: 'ignore' })
  endAfterwards(pooler)
  const url = new URL(server)
  url.port = port
  await waitUntilOpen(Number(port))
  return url.href
}

async function waitUntilOpen(port: number) {
  for (;;) {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } }).catch(() => {})
    if (socket) return void socket.end()
    await Bun.sleep(20)
  }
}

poolerTest('a start behind a transaction pooler stops with one line until both settings fit', async () => {
  const direct = await createEmptyDatabase(testServer ?? '')
  const url = await startPooler(new URL(direct))
  const line = 'Add ?prepare=false and set DATABASE_LISTEN_URL to the server itself.'
  const unfit: Record<string, string>[] = [
    { DATABASE_URL: url },
    { DATABASE_URL: url, DATABASE_LISTEN_URL: direct },
    { DATABASE_URL: `${url}?prepare=false` },
  ]
  for (const settings of unfit) {
    const { code, message } = await startError({ ...settings, MAIL_URL: 'off' })
    expect([code, message.split('\n')]).toEqual([1, [expect.stringContaining(line)]])
  }
  const one = start({ DATABASE_URL: `${url}?prepare=false`, DATABASE_LISTEN_URL: direct, MAIL_URL: 'off' })
  await waitUntilListening(one)
  const person = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }
  const post = (path: string) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(person), redirect: 'manual' })
  expect([(await post('/signup')).status, (await post('/login')).status]).toEqual([303, 303])
})
