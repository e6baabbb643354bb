import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { migrate } from '@db/migrate'
import * as migrations from '@db/migrations'
import type { Schema } from '@db/schema'
import { createSqliteDialect } from '@db/sqlite/dialect'
import { Kysely, sql } from 'kysely'

/** Computed before the migrations got column types for PostgreSQL. */
const RELEASED = 'f434bd78e07eb0896027c37540b799b4d222cd52e682eff12fa625a54e8c2bbe'

test('released migrations give the same SQLite schema as in their release, byte for byte', async () => {
  const sqlite = new Database(':memory:', { strict: true })
  const close = () => sqlite.close()
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(sqlite, close, () => undefined) })
  const released = Object.entries(migrations).filter(([name]) => name < '0005')
  await migrate(db, Object.fromEntries(released))
  const { rows } = await sql<Record<string, string>>`select type, name, tbl_name, sql from sqlite_master
    where name not like 'kysely%' and name not like 'sqlite%' order by rowid`.execute(db)
  expect(rows).toHaveLength(25)
  expect(Bun.SHA256.hash(JSON.stringify(rows.map(Object.values)), 'hex')).toBe(RELEASED)
  await db.destroy()
})
