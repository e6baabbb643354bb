import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { migrate } from '@db/migrate'
import * as migrations from '@db/migrations'
import { openDb } from '@db/open'
import { sql, Kysely } from 'kysely'
import type { Schema } from '@db/schema'
import { createSqliteDialect } from '@db/sqlite/dialect'
import { sha256 } from '@/lib/encoding'
import { tempDatabase } from '../support/temp'

test('every migration runs once, and every opening sets the pragmas', async () => {
  const url = `sqlite:${tempDatabase()}`
  await (await openDb(url)).destroy()
  const db = await openDb(url)
  const read = async (query: string) => (await sql<object>`${sql.raw(query)}`.execute(db)).rows.flatMap(Object.values)

  expect(await read('select name from kysely_migration order by name')).toEqual(Object.keys(migrations))
  const pragmas = ['journal_mode', 'busy_timeout', 'synchronous', 'foreign_keys'].map((name) => read(`pragma ${name}`))
  expect(await Promise.all(pragmas)).toEqual([['wal'], [0], [1], [1]])
  await db.destroy()
})

/** The error of opening a database after these statements. */
async function errorAfter(...statements: string[]) {
  const path = tempDatabase()
  await (await openDb(`sqlite:${path}`)).destroy()
  const sqlite = new Database(path)
  for (const statement of statements) sqlite.run(statement)
  sqlite.close()
  const before = readFileSync(path)
  const error = await openDb(`sqlite:${path}`).then(
    (db) => db.destroy(),
    ({ message }: Error) => message,
  )
  expect(readFileSync(path).equals(before) || error === undefined).toBe(true)
  return error
}

const without = (table: string, column: string, definition: string) => [
  `alter table ${table} drop column ${column}`,
  `alter table ${table} add column ${definition}`,
]

test.each([
  ['drop table remember_secrets', 'table remember_secrets is missing'],
  ['alter table users drop column theft_alert_at', 'column users.theft_alert_at is missing'],
  ['drop index sessions_user_id', 'index on sessions (user_id) is missing'],
  ['create unique index names on users (name)', 'unique index on users (name) is not in the migrations'],
  ["alter table api_tokens add column notes text not null default ''", undefined],
  ['alter table users add column notes text', undefined],
  ['create index names on users (name)', undefined],
  ['create table unexpected (id text not null)', undefined],
])('a database after `%s` stops the start with this difference: %p', async (statement, difference) => {
  const error = difference && `its tables differ from the migrations: ${difference}. `
  expect(await errorAfter(statement)).toEqual(error && expect.stringContaining(error))
})

test('a column of another type, without its default or with NULL allowed stops the start', async () => {
  const [type, nullable] = [
    'alter table users drop column theft_alert_at',
    'alter table users add column theft_alert_at text',
  ]
  expect(await errorAfter(type, nullable)).toContain('column users.theft_alert_at is "text" instead of "bigint"')
  expect(await errorAfter(...without('sessions', 'first_ip', 'first_ip text'))).toContain(
    `column sessions.first_ip is "text" instead of "text not null default ''"`,
  )
  expect(
    await errorAfter('drop table known_devices', 'create table known_devices (id text, token_hash text not null)'),
  ).toContain('column known_devices.id is "text" instead of "text primary key", ')
})

test('a missing unique constraint, primary key or foreign key stops the start', async () => {
  const copy = ['create table copy as select * from known_devices', 'drop table known_devices']
  const error = await errorAfter(
    ...copy,
    `create table known_devices (id text primary key, token_hash text not null, user_id text not null,
      known_at bigint not null, expires_at bigint not null)`,
    'create index known_devices_user_id on known_devices (user_id, known_at)',
  )
  expect(error).toContain('unique index on known_devices (token_hash, user_id) is missing')
  expect(error).toContain('foreign key known_devices.user_id is missing')
})

test('more than five differences are counted', async () => {
  const tables = ['saved_requests', 'api_tokens', 'known_devices', 'login_failures', 'failed_logins', 'rate_limit_hits']
  expect(await errorAfter(...tables.map((table) => `drop table ${table}`))).toContain('is missing and 1 more. ')
})

test('a database of another version stops the start if it lacks a migration of this one', async () => {
  const error = 'it has a migration that this version cannot work with (0000_users). Start the version that wrote it'
  expect(await errorAfter(`update kysely_migration set name = '0000_users' where name like '0001_%'`)).toContain(error)
})

test('a migration of a later version runs although an own migration with a higher number has run', async () => {
  const db = await openDb('sqlite::memory:')
  const addTable = (name: string) => ({
    up: (db: Kysely<unknown>) => db.schema.createTable(name).addColumn('id', 'text').execute(),
  })
  await migrate(db, { ...migrations, '1001_probe': addTable('probe') })
  await migrate(db, { ...migrations, '0999_later': addTable('later'), '1001_probe': addTable('probe') })
  const tables = (await db.introspection.getTables()).map(({ name }) => name)
  expect(tables.filter((name) => name === 'probe' || name === 'later')).toEqual(['later', 'probe'])
})

test('an account that was locked before the upgrade is still locked after it', async () => {
  const path = tempDatabase()
  const { '0004_user_list': _, ...earlier } = migrations
  const sqlite = new Database(path, { create: true, strict: true })
  const close = () => sqlite.close()
  const before = new Kysely<Schema>({ dialect: createSqliteDialect(sqlite, close, () => {}) })
  await migrate(before, earlier)
  for (const name of ['ann', 'eve'])
    await sql`insert into users (id, email, canonical_email, name, role, password_changed_at, password_version, created_at)
      values (${name}, ${name}, ${`${name}@example.test`}, ${name}, 'user', 0, 1, 0)`.execute(before)
  for (const [email, expires_at] of [
    ['eve@example.test', null],
    ['ann@example.test', 9e15],
    ['unknown@example.test', null],
  ])
    await sql`insert into login_failures (key_hash, count, retry_at, expires_at)
      values (${sha256(`account ${email}`)}, 100, 0, ${expires_at})`.execute(before)
  await before.destroy()
  const db = await openDb(`sqlite:${path}`)
  const locked = db.selectFrom('login_failures').select('user_id').where('user_id', 'is not', null)
  expect(await locked.execute()).toEqual([{ user_id: 'eve' }])
  await db.destroy()
})

test('a database of another program stops the start and stays unchanged', async () => {
  const path = tempDatabase()
  const other = new Database(path)
  other.run('create table posts (id text)')
  other.close()
  const before = readFileSync(path)
  await expect(openDb(`sqlite:${path}`)).rejects.toThrow(
    'its tables (posts) do not come from the migrations of this app',
  )
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(dirname(path))).toEqual(['test.sqlite'])
})

test('tables without a record of their migrations stop the start', async () => {
  expect(await errorAfter('delete from kysely_migration')).toContain('do not come from the migrations of this app')
  expect(await errorAfter('drop table kysely_migration')).toContain('do not come from the migrations of this app')
})

test('a link to a database file opens its target', async () => {
  const [path, link] = [tempDatabase(), tempDatabase()]
  await (await openDb(`sqlite:${path}`)).destroy()
  symlinkSync(path, link)
  const db = await openDb(`sqlite:${link}`)
  expect(readdirSync(dirname(link))).toEqual(['test.sqlite'])
  await db.destroy()
})

test('many writes leave a small WAL file', async () => {
  const path = tempDatabase()
  const db = await openDb(`sqlite:${path}`)
  await sql`create table filler (text text)`.execute(db)
  for (let i = 0; i < 3000; i++) await sql`insert into filler values (${'x'.repeat(4000)})`.execute(db)
  expect(statSync(path).size).toBeGreaterThan(10_000_000)
  expect(statSync(`${path}-wal`).size).toBeLessThan(2_000_000)
  await db.destroy()
})

test('a new database contains no user', async () => {
  const db = await openDb('sqlite::memory:')
  expect(await db.selectFrom('users').selectAll().execute()).toEqual([])
  await db.destroy()
})

test('only the owner can read a new database file', async () => {
  const path = tempDatabase()
  await (await openDb(`sqlite:${path}`)).destroy()
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
})

test('a transaction takes the lock before its first read', async () => {
  const db = await openDb(`sqlite:${tempDatabase()}`)
  const add = (id: string) =>
    db.transaction().execute(async (transaction) => {
      const { n } = await transaction
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      const user = {
        email: id,
        canonical_email: id,
        name: `${n}`,
        role: 'user',
        password_hash: '',
        password_changed_at: 0,
        password_version: 1,
        created_at: 0,
      } as const
      await transaction
        .insertInto('users')
        .values({ id, ...user })
        .execute()
    })
  await Promise.all(['a', 'b', 'c', 'd'].map(add))
  expect((await db.selectFrom('users').select('name').execute()).map(({ name }) => name).toSorted()).toEqual([
    '0',
    '1',
    '2',
    '3',
  ])
  await db.destroy()
})

test('opening a new database waits for another process without blocking the event loop', async () => {
  const path = tempDatabase()
  const other = new Database(path)
  other.run('begin exclusive') // like a second server that changes the journal mode
  const opening = openDb(`sqlite:${path}`)
  setTimeout(() => other.close(), 50) // never runs if SQLite blocks the event loop
  await (await opening).destroy()
})
