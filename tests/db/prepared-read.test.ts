import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { preparedRead, textParam, preparedWrite } from '@db/prepared-read'
import { openDb, type Db } from '@db/open'
import { tempDatabase } from '../support/temp'

const readName = preparedRead((db: Db) => db.selectFrom('users').select('name').where('id', '=', textParam))

async function withAnn(db: Db) {
  const profile = {
    id: 'ann',
    email: 'a',
    canonical_email: 'a',
    name: 'Ann',
    search_name: 'ann',
    role: 'user',
  } as const
  const account = { password_hash: 'x', password_changed_at: 1, password_version: 1, created_at: 1 }
  await db
    .insertInto('users')
    .values({ ...profile, ...account })
    .execute()
  return db
}

const rename = (db: Db, name: string) => db.updateTable('users').set({ name }).where('id', '=', 'ann').execute()

test('a prepared read on a file returns committed rows synchronously, also during a transaction', async () => {
  const db = await withAnn(await openDb(`sqlite:${tempDatabase()}`))
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann' }])
  await db.transaction().execute(async (transaction) => {
    await rename(transaction, 'Ann Lee')
    expect(readName(db, ['ann'])).toEqual([{ name: 'Ann' }])
    expect(await readName(transaction, ['ann'])).toEqual([{ name: 'Ann Lee' }])
  })
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann Lee' }])
  await rename(db, 'Ann Bee')
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann Bee' }])
  expect(readName(db, ['eve'])).toEqual([])
  await db.destroy()
})

test('a prepared read returns rows that another process committed, and closing the database removes the WAL file', async () => {
  const file = `sqlite:${tempDatabase()}`
  const [db, other] = [await withAnn(await openDb(file)), await openDb(file)]
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann' }])
  await rename(other, 'Ann Lee')
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann Lee' }])
  await Promise.all([db.destroy(), other.destroy()])
  expect(existsSync(`${file.replace('sqlite:', '')}-wal`)).toBe(false) // the last connection removes it
})

test('a prepared read on an in-memory database waits for the open transaction', async () => {
  const db = await withAnn(await openDb('sqlite::memory:'))
  const written = db.transaction().execute(async (transaction) => {
    await rename(transaction, 'Bob')
    throw new Error('undone')
  })
  const [read] = await Promise.allSettled([readName(db, ['ann']), written])
  expect(read).toEqual({ status: 'fulfilled', value: [{ name: 'Ann' }] })
  await db.destroy()
})

const writeName = preparedWrite((db: Db) => db.updateTable('users').set({ name: '' }).where('id', '=', ''))

test('a prepared write waits for an open transaction and rolls back with its own transaction', async () => {
  const db = await withAnn(await openDb(`sqlite:${tempDatabase()}`))
  const undone = db.transaction().execute(async (transaction) => {
    await writeName(transaction, ['Rolled back', 'ann'])
    throw new Error('undone')
  })
  const written = writeName(db, ['Ann Lee', 'ann'])
  await Promise.allSettled([undone, written])
  expect(readName(db, ['ann'])).toEqual([{ name: 'Ann Lee' }])
  expect((await writeName(db, ['Bob', 'eve'])).numAffectedRows).toBe(0n)
  await db.destroy()
})
