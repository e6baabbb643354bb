import { expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { startCheckpoints } from '@db/checkpoints'
import { openDb } from '@db/open'
import { sql } from 'kysely'
import { tempDatabase } from '../support/temp'

// What the journal holds gets into the database, without anybody who waits for it.

const COUNT = { failures_count: 1, open_at: 1, expires_at: 1 }

const fail = (fault: string) => {
  throw new Error(fault)
}

test('a thread of its own copies the journal into the database, and lets go of it in the end', async () => {
  const file = tempDatabase()
  const url = `sqlite:${file}`
  const db = await openDb(url)
  const end = await startCheckpoints(db, url, fail)
  const { rows } = await sql<{ wal_autocheckpoint: number }>`pragma wal_autocheckpoint`.execute(db)
  expect(rows).toEqual([{ wal_autocheckpoint: 20_000 }]) // only if the thread is gone

  await db
    .insertInto('guess_counts')
    .values({ key_hash: 'written just now', ...COUNT })
    .execute()
  // Without its journal a copy of the file holds only what was copied into it.
  const isCopied = async () => Buffer.from(await Bun.file(file).arrayBuffer()).includes('written just now')
  while (!(await isCopied())) await Bun.sleep(20)

  await end()
  await db.destroy()
  expect(existsSync(`${file}-wal`)).toBe(false)
  const [row] = new Database(file, { readonly: true }).query('select open_at from guess_counts').all()
  expect(row).toEqual({ open_at: 1 })
})

test('a database in memory has no journal', async () => {
  const db = await openDb('sqlite::memory:')
  await (
    await startCheckpoints(db, 'sqlite::memory:', fail)
  )()
  await db.destroy()
})
