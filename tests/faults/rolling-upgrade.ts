import { SQL } from 'bun'
import { start, stopStarted, waitUntilListening } from '../support/process'
import { tempFolder } from '../support/temp'

// Run by hand: TEST_POSTGRES=postgres://… bun tests/faults/rolling-upgrade.ts [seconds]
// Old code serves under load. New code starts beside it and migrates. Prints the statuses of all responses.

const CLIENTS = 4
const duration = Number(process.argv[2] ?? 60) * 1000
const server = process.env.TEST_POSTGRES
if (!server) throw new Error('rolling upgrade failed: TEST_POSTGRES is not set')

/** Flags that add two migrations to the code: a column with a default, and an index of a large table. */
async function withNewMigrations() {
  const folder = tempFolder('newer')
  const index = "{ name: 'sessions_last_seen', table: 'sessions', columns: ['last_seen_at'] }"
  await Bun.write(
    `${folder}/column.ts`,
    `export const up = (db) =>
      db.schema.alterTable('users').addColumn('nickname', 'text', (c) => c.notNull().defaultTo('')).execute()`,
  )
  await Bun.write(
    `${folder}/index.ts`,
    `import { createIndexConcurrently } from '${process.cwd()}/db/engine/concurrent-index'
    export const outsideTransaction = true
    export const up = (db) => createIndexConcurrently(db, ${index})`,
  )
  const ours = (await Bun.file('db/migrations.ts').text()).replaceAll(
    './migrations/',
    `${process.cwd()}/db/migrations/`,
  )
  const contents = `${ours}
    export * as '0998_column' from '${folder}/column.ts'
    export * as '0999_index' from '${folder}/index.ts'`
  await Bun.write(
    `${folder}/preload.ts`,
    `Bun.plugin({ name: 'newer', setup: (build) =>
      build.onLoad({ filter: /\\/db\\/migrations\\.ts$/ }, () => ({ contents: ${JSON.stringify(contents)}, loader: 'ts' })) })`,
  )
  return ['--preload', `${folder}/preload.ts`]
}

const statuses = new Map<string, number>()
const count = (key: string) => void statuses.set(key, (statuses.get(key) ?? 0) + 1)
let urls: string[] = []
const stop = new AbortController()

async function request(path: string, init: RequestInit = {}) {
  const url = urls[Math.floor(Math.random() * urls.length)] ?? ''
  try {
    const response = await fetch(url + path, { redirect: 'manual', ...init })
    count(`${path} ${response.status}`)
    await response.arrayBuffer()
    return response
  } catch (error) {
    count(`${path} ${error instanceof Error ? error.name : 'failed'}`)
  }
}

/** Signs up, logs in, reads and changes the profile, logs out; without end. */
async function act(client: number) {
  for (let round = 0; !stop.signal.aborted; round++) {
    const person = {
      email: `c${client}r${round}@example.test`,
      name: `Client ${client}`,
      password: 'correct horse battery',
    }
    const post = (path: string, fields: Record<string, string>, cookie = '') =>
      request(path, { method: 'POST', body: new URLSearchParams(fields), headers: { cookie } })
    await post('/signup', person)
    const login = await post('/login', person)
    const cookie = (login?.headers.getSetCookie() ?? []).map((line) => line.split(';')[0]).join('; ')
    for (let page = 0; page < 20 && !stop.signal.aborted; page++) await request('/profile', { headers: { cookie } })
    await post('/profile', { name: 'Other' }, cookie)
    await post('/logout', {}, cookie)
  }
}

const name = `rolling_upgrade_${process.pid}`
const admin = new SQL({ url: server, max: 1 })
await admin.unsafe(`create database ${name}`)
const address = new URL(server)
address.pathname = `/${name}`
const DATABASE_URL = address.href
const settings = { DATABASE_URL, MAIL_URL: 'off', LOG_FORMAT: 'json', SECRET_KEYS: 'A'.repeat(43) }
const old = start(settings)
await waitUntilListening(old)
urls = [old.url]
const clients = Array.from({ length: CLIENTS }, (_, client) => act(client))
await Bun.sleep(duration / 4)
const newer = start(settings, await withNewMigrations())
await waitUntilListening(newer)
urls = [old.url, newer.url]
await Bun.sleep(duration / 2)
const restarted = start(settings) // old code, on the newer database
await waitUntilListening(restarted)
urls.push(restarted.url)
await Bun.sleep(duration / 4)
stop.abort()
await Promise.all(clients)
await stopStarted()

const pool = new SQL({ url: DATABASE_URL, max: 1 })
const applied: { name: string }[] = await pool.unsafe("select name from kysely_migration where name > '0990'")
await pool.close()
await admin.unsafe(`drop database ${name} with (force)`)
await admin.close()
const bad = [...statuses].filter(([key]) => !/ (200|303)$/.test(key))
process.stdout.write(`${JSON.stringify(Object.fromEntries([...statuses].toSorted()), null, 2)}\n`)
process.stdout.write(`Migrations under load: ${applied.map(({ name }) => name).join(', ')}\n`)
process.stdout.write(bad.length === 0 ? 'No response failed.\n' : 'Responses failed.\n')
process.exit(bad.length === 0 && applied.length === 2 ? 0 : 1)
