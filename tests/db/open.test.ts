import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { migrations } from '@db/migrate'
import { openDb } from '@db/open'
import { sql } from 'kysely'
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

test('a database that lacks a table or a column stops the start and names it', async () => {
  const url = `sqlite:${tempDatabase()}`
  const db = await openDb(url)
  await sql`alter table users drop column theft_alert_at`.execute(db)
  await sql`drop table remember_secrets`.execute(db)
  await db.destroy()
  const columns = ['secret_hash', 'series_id', 'created_at', 'parent_hash'].map((name) => `remember_secrets.${name}`)
  await expect(openDb(url)).rejects.toThrow(`missing columns: ${columns.join(', ')}, users.theft_alert_at`)
})

test('an additional column does not stop the start', async () => {
  const url = `sqlite:${tempDatabase()}`
  const db = await openDb(url)
  await sql`alter table users add column notes text`.execute(db)
  await db.destroy()
  await (await openDb(url)).destroy()
})

test('a database of an older version, whose migrations are gone, stops the start', async () => {
  const url = `sqlite:${tempDatabase()}`
  const db = await openDb(url)
  await sql`update kysely_migration set name = '0000_users' where name like '0001_%'`.execute(db)
  await db.destroy()
  await expect(openDb(url)).rejects.toThrow('previously executed migration 0000_users is missing')
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
