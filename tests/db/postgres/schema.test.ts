import { SQL } from 'bun'
import { afterEach, expect, setDefaultTimeout } from 'bun:test'
import { createIndexConcurrently } from '@db/engine/concurrent-index'
import * as migrations from '@db/migrations'
import { openDb, type Db } from '@db/open'
import { sql } from 'kysely'
import { createEmptyDatabase, createMigratedDatabase, postgresTest, testServer } from '../../support/databases'
import { start, startError, stopStarted, waitUntilListening } from '../../support/process'

setDefaultTimeout(60_000)
afterEach(stopStarted)

const newServer = () => createEmptyDatabase(testServer ?? '')

async function withDb<T>(work: (db: Db) => Promise<T>) {
  const db = await openDb(await newServer())
  return work(db).finally(() => db.destroy())
}

postgresTest('every text column sorts by code points, as on SQLite', async () => {
  const others = await withDb(async (db) => {
    const { rows } = await sql<{ name: string }>`
      select c.relname || '.' || a.attname as name from pg_attribute a
      join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_collation l on l.oid = a.attcollation
      where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        and c.relname not like 'kysely%' and l.collname <> 'C'`.execute(db)
    return rows
  })
  expect(others).toEqual([])
})

postgresTest(
  'four servers that start at once on an empty database all start, and each migration runs once',
  async () => {
    const DATABASE_URL = await newServer()
    const servers = Array.from({ length: 4 }, () => start({ DATABASE_URL, MAIL_URL: 'off' }))
    await Promise.all(servers.map(waitUntilListening))
    const answers = await Promise.all(servers.map(async ({ url }) => (await fetch(`${url}/healthz`)).status))
    expect(answers).toEqual([200, 200, 200, 200])
    const pool = new SQL({ url: DATABASE_URL, max: 1 })
    const names: { name: string }[] = await pool.unsafe('select name from kysely_migration order by name')
    expect(names.map(({ name }) => name)).toEqual(Object.keys(migrations).toSorted())
    await pool.close()
  },
)

const run = async (url: string, ...statements: string[]) => {
  const pool = new SQL({ url, max: 1 })
  for (const statement of statements) await pool.unsafe(statement)
  await pool.close()
}

const at = (change: (url: URL) => void) => {
  const url = new URL(testServer ?? 'postgres://127.0.0.1/postgres')
  change(url)
  return url.href
}

const unusable: [what: string, message: string, url: () => Promise<string>][] = [
  ['is missing', 'Create the database first', async () => at((url) => (url.pathname = '/missing'))],
  ['has no server', 'Is the server running', async () => at((url) => (url.port = '1'))],
  [
    'has an unknown user',
    'Check the user and the password',
    async () => at((url) => ((url.username = 'unknown'), (url.password = 'secret'))),
  ],
  [
    'has tables of another program',
    'its tables (posts) do not come from the migrations of this app. Set DATABASE_URL to another database',
    async () => {
      const url = await newServer()
      await run(url, 'create table posts (id int)')
      return url
    },
  ],
  [
    'has another encoding',
    'its encoding is SQL_ASCII. Create a database with encoding',
    async () => {
      const url = await newServer()
      const name = `${new URL(url).pathname.slice(1)}_ascii`
      await run(url, `create database ${name} encoding 'SQL_ASCII' locale 'C' template template0`)
      return at((other) => (other.pathname = `/${name}`))
    },
  ],
  [
    'lacks a column',
    'its tables differ from the migrations: column users.name is missing',
    async () => {
      const url = await createMigratedDatabase(testServer ?? '')
      await run(url, 'alter table users drop column name')
      return url
    },
  ],
]

for (const [problem, message, url] of unusable)
  postgresTest(`a database that ${problem} stops the start with one line`, async () => {
    const error = await startError({ DATABASE_URL: await url(), MAIL_URL: 'off' })
    expect([error.code, error.message.split('\n')]).toEqual([1, [expect.stringContaining(message)]])
    expect(error.message).not.toContain('secret')
  })

postgresTest('tables of another program in another schema do not stop the start', async () => {
  const url = await newServer()
  await run(url, 'create schema other', 'create table other.users (id int)')
  await (await openDb(url)).destroy()
  await (await openDb(url)).destroy()
})

postgresTest('an index of a large table is created concurrently, and an invalid one is replaced', async () => {
  await withDb(async (db) => {
    const index = { name: 'sessions_last_seen', table: 'sessions', columns: ['last_seen_at'] }
    const state = sql<{ valid: boolean }>`select indisvalid as valid from pg_index
      where indexrelid = 'sessions_last_seen'::regclass`
    await createIndexConcurrently(db, index)
    expect((await state.execute(db)).rows).toEqual([{ valid: true }])
    await sql`update pg_index set indisvalid = false where indexrelid = 'sessions_last_seen'::regclass`.execute(db)
    await createIndexConcurrently(db, index)
    expect((await state.execute(db)).rows).toEqual([{ valid: true }])
  })
})
