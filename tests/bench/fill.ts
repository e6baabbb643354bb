import { Database } from 'bun:sqlite'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Glob } from 'bun'
import { openDb } from '@db/open'
import type { Schema } from '@db/schema'
import type { Insertable } from 'kysely'
import { readConfig } from '@/config/env'
import { sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import { apiToken, emailOf, idOf, PASSWORD, sessionToken, USER_AGENT } from './accounts'

export const SESSIONS_PER_USER = 5

export const FOLDER = `${tmpdir()}/account-bench`

type Row = Record<string, string | number | null>

/** The database is reused by later runs for 14 days: the sessions in it expire after 30. */
export async function filledDatabase(users: number) {
  mkdirSync(FOLDER, { recursive: true })
  const tables = sha256(migrations()).slice(0, 8)
  const path = `${FOLDER}/${users}-users-${tables}.sqlite`
  const createdAt = statSync(path, { throwIfNoEntry: false })?.birthtimeMs ?? 0
  if (createdAt > Date.now() - days(14)) return path
  for (const old of new Glob(`${users}-users-*`).scanSync(FOLDER)) rmSync(`${FOLDER}/${old}`)
  renameSync(await fill(`${path}.${process.pid}`, users), path)
  return path
}

/** Their text, because a migration that is not released may change. */
const migrations = () =>
  [...new Glob('db/migrations/*.ts').scanSync('.')]
    .toSorted()
    .map((path) => readFileSync(path, 'utf8'))
    .join('')

async function fill(path: string, users: number) {
  await (await openDb(`sqlite:${path}`)).destroy()
  const db = new Database(path)
  // Speed counts more than durability: a lost file is created again.
  for (const pragma of ['journal_mode = delete', 'synchronous = off', 'cache_size = -2000000'])
    db.run(`PRAGMA ${pragma}`)
  using indexes = db.query<{ name: string; sql: string }, []>(
    `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`,
  )
  const definitions = indexes.all()
  for (const { name } of definitions) db.run(`DROP INDEX ${name}`)
  const hash = await hashPassword()
  db.transaction(() => {
    insert(db, 'users', users, (i) => user(i, hash))
    insert(db, 'sessions', users * SESSIONS_PER_USER, (i) => session(i, users))
    insert(db, 'api_tokens', 1, token)
  })()
  for (const { sql } of definitions) db.run(sql) // faster than updating them with each row
  db.run('PRAGMA journal_mode = wal')
  db.close(true) // merges the WAL into the file
  return path
}

function insert(db: Database, table: keyof Schema, count: number, rowOf: (i: number) => Row) {
  const names = Object.keys(rowOf(0))
  const insert = db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`)
  for (let i = 0; i < count; i++) insert.run(...Object.values(rowOf(i)))
  insert.finalize()
}

export function hashPassword() {
  const { memory, time } = readConfig({}).passwords.cost
  return Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: memory, timeCost: time })
}

const now = Date.now()
const recently = (i: number) => now - (i % 1000) * 1000

/** All users share one hash, because hashing would take hours. A login takes as long. */
export const user = (i: number, password_hash: string): Insertable<Schema['users']> & Row => ({
  id: idOf('user', i),
  email: emailOf(i),
  canonical_email: emailOf(i),
  name: `User ${i}`,
  search_name: `user ${i}`,
  role: 'user',
  password_hash,
  password_changed_at: recently(i),
  password_version: 1,
  deactivated_at: null,
  theft_alert_at: null,
  created_at: recently(i),
})

export const session = (i: number, users: number): Insertable<Schema['sessions']> & Row => ({
  id: idOf('session', i),
  user_id: idOf('user', i % users),
  amr: 'password',
  token_hash: sha256(sessionToken(i)),
  previous_token_hash: null,
  rotated_at: null,
  started_by: 'password',
  series_id: null,
  fingerprint: USER_AGENT,
  user_agent: USER_AGENT,
  first_ip: '192.0.2.0/24',
  last_ip: '192.0.2.0/24',
  created_at: recently(i),
  authenticated_at: recently(i),
  reauthenticated_at: recently(i),
  last_seen_at: recently(i),
  forced_at: null,
  rotation_due_at: null,
  ended_at: null,
  ended_reason: null,
})

export const token = (): Insertable<Schema['api_tokens']> & Row => ({
  id: idOf('api token', 0),
  user_id: idOf('user', 0),
  name: 'bench',
  token_hash: sha256(apiToken),
  hint: apiToken.slice(-4),
  scopes: 'profile:read',
  created_at: now,
  expires_at: now + days(30),
  last_used_at: null,
  revoked_at: null,
})
