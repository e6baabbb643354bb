import { Database } from 'bun:sqlite'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { copyToFile, copyToServer } from '@db/copy'
import { openDb, type Db } from '@db/open'
import { sql } from 'kysely'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { addApp, addCodes } from '../support/add-factors'
import { addPasskey } from '../support/add-passkeys'
import { createEmptyDatabase, createMigratedDatabase, postgresTest, testServer } from '../support/databases'
import { ann, annLoggedIn } from '../support/people'
import { start, stopStarted, waitUntilListening } from '../support/process'
import { openSite } from '../support/site'
import { tempDatabase, tempFolder } from '../support/temp'

setDefaultTimeout(60_000)
afterEach(stopStarted)

// The other direction of each copy is PostgreSQL, so these tests need TEST_POSTGRES.
const newServer = () => createEmptyDatabase(testServer ?? '')
const allKeys = () => true

/** A table of the app, which refers to a core table, with values of all kinds. */
async function addNotes(db: Db) {
  await db.schema
    .createTable('notes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('size', 'bigint')
    .execute()
}

let original: ReturnType<typeof fillFile> | undefined

/** A closed database with rows in many tables, and a browser that is logged in to it. */
async function annsFile() {
  const { contents, annsBrowser } = await (original ??= fillFile())
  const file = tempDatabase('copy')
  await Bun.write(file, contents)
  return { file, annsBrowser }
}

async function fillFile() {
  const file = tempDatabase('copy')
  const site = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  const { deps, users } = site
  await createApiToken(deps, users.ann, { name: 'deploy "ünï" \\ \t', scopes: ['profile:read'], lifetime: 60_000 })
  await addApp(site, users.eve)
  await addCodes(site, users.eve)
  await addPasskey(site, users.ann)
  await addNotes(deps.db)
  for (const [id, size] of [
    ['a', 9007199254740993n],
    ['b', null],
  ])
    await sql`insert into notes values (${id}, ${users.ann.id}, ${size})`.execute(deps.db)
  await deps.db.destroy()
  return { contents: readFileSync(file), annsBrowser: site.annsBrowser }
}

/** An empty, migrated database with the table of the app. */
async function serverWithNotes() {
  const url = await createMigratedDatabase(testServer ?? '')
  const db = await openDb(url)
  await addNotes(db)
  await db.destroy()
  return url
}

async function countRows(url: string) {
  const db = await openDb(url)
  const tables = (await db.introspection.getTables()).map(({ name }) => name)
  const count = (name: string) => sql<{ n: string }>`select count(*) as n from ${sql.table(name)}`.execute(db)
  const counts = await Promise.all(tables.map(async (name) => Number((await count(name)).rows[0]?.n)))
  await db.destroy()
  return counts.reduce((sum, n) => sum + n, 0)
}

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'copied',
    (error: Error) => error.message,
  )

postgresTest('a copy has all rows, and a session of the file opens the profile on PostgreSQL', async () => {
  const { file, annsBrowser } = await annsFile()
  const url = await serverWithNotes()
  const counts = await copyToServer(file, url, allKeys)
  expect(counts).toMatchObject({ users: 2, sessions: 1, api_tokens: 1, passkeys: 1, authenticator_apps: 1, notes: 2 })
  expect(Object.keys(counts)).not.toContain('leases')

  const site = await openSite({ DATABASE_URL: url })
  const browser = site.browser()
  for (const [name, value] of annsBrowser.jar) browser.keep(name, value)
  const { status, html } = await browser.get('/profile')
  expect([status, html]).toEqual([200, expect.stringContaining(`Welcome, ${ann.name}!`)])
  const { rows } = await sql<{ size: string }>`select size::text from notes where id = 'a'`.execute(site.deps.db)
  expect(rows).toEqual([{ size: '9007199254740993' }])
  await site.deps.db.destroy()
})

/** Each row as text, so that two databases can be compared. */
function contentOf(file: string) {
  const sqlite = new Database(file, { safeIntegers: true })
  const tables = sqlite.query<{ name: string }, []>(`select name from sqlite_master where type = 'table' order by name`)
  const content = tables.all().map(({ name }) => {
    const columns = sqlite.query<{ name: string }, [string]>('select name from pragma_table_info(?) order by 1')
    const list = columns.all(name).map((column) => `"${column.name}"`)
    const rows = sqlite.query(`select ${list.join(', ')} from "${name}"`).values()
    return [name, name.startsWith('kysely_') ? [] : rows.map((row) => row.map(String).join('|')).toSorted()]
  })
  sqlite.close()
  return content
}

postgresTest('a copy back into a file has the same rows', async () => {
  const { file } = await annsFile()
  const before = contentOf(file)
  const url = await newServer()
  const sqlite = new Database(file)
  sqlite.run('drop table notes')
  sqlite.close()
  const counts = await copyToServer(file, url, allKeys)
  const back = `${tempFolder('copy')}/back.sqlite`
  expect(await copyToFile(url, back, allKeys)).toEqual(counts)
  expect(contentOf(back)).toEqual(before.filter(([name]) => name !== 'notes'))
  expect(readdirSync(dirname(back))).toEqual(['back.sqlite'])
  expect(await messageOf(copyToFile(url, back, allKeys))).toBe(`${back} already exists`)
})

/** What a copy must not survive, and the cause that it names. */
const refused: [what: string, cause: string, change: (file: string, url: string) => Promise<unknown>][] = [
  [
    'has rows',
    'the target is not empty: leases2 has rows',
    async (_, url) => {
      const db = await openDb(url)
      await sql`create table leases2 as select 1 as id`.execute(db)
      await db.destroy()
    },
  ],
  [
    'has no table of the app',
    'the target has no table pictures',
    async (file) => changeFile(file, 'create table pictures (id text)'),
  ],
  [
    'lacks a column',
    'the columns of users differ on the two sides: nickname',
    async (file) => changeFile(file, 'alter table users add column nickname text'),
  ],
  [
    'has tables that refer to each other',
    'the order of tables is unknown: one, two refer to each other',
    async (file, url) => {
      const tables = ['create table one (id text primary key, two_id text)', 'create table two (id text primary key)']
      const references = 'alter table two add column one_id text references one (id)'
      const db = await openDb(url)
      for (const text of [...tables, references]) await sql.raw(text).execute(db)
      await sql`alter table one add foreign key (two_id) references two (id)`.execute(db)
      await db.destroy()
      for (const text of [...tables, references]) changeFile(file, text)
    },
  ],
]

function changeFile(file: string, statement: string) {
  const sqlite = new Database(file)
  sqlite.run(statement)
  sqlite.close()
}

for (const [problem, cause, change] of refused)
  postgresTest(`a copy writes nothing if one side ${problem}`, async () => {
    const { file } = await annsFile()
    const url = await serverWithNotes()
    await change(file, url)
    const before = await countRows(url)
    expect(await messageOf(copyToServer(file, url, allKeys))).toBe(cause)
    expect(await countRows(url)).toBe(before)
  })

postgresTest('a copy writes nothing if SECRET_KEYS lacks a key of the data', async () => {
  const { file } = await annsFile()
  const url = await serverWithNotes()
  const empty = await countRows(url)
  expect(await messageOf(copyToServer(file, url, () => false))).toMatch(
    /^SECRET_KEYS lacks keys that encrypt stored secrets \([\w-]{6}\)\. Take them from the key file/,
  )
  expect(await countRows(url)).toBe(empty)
  await copyToServer(file, url, allKeys)
  const back = `${tempFolder('copy')}/back.sqlite`
  expect(await messageOf(copyToFile(url, back, () => false))).toContain('SECRET_KEYS lacks keys')
  expect(readdirSync(dirname(back))).toEqual([])
})

postgresTest('a copy fails while a server has one side open', async () => {
  const { file } = await annsFile()
  const url = await serverWithNotes()
  const empty = await countRows(url)
  const open = await openDb(`sqlite:${file}`)
  expect(await messageOf(copyToServer(file, url, allKeys))).toBe('a process has the file open. Stop the server first')
  await open.destroy()
  expect(await countRows(url)).toBe(empty)

  const server = await openDb(url)
  await server.selectFrom('users').select('id').execute()
  const back = `${tempFolder('copy')}/back.sqlite`
  expect(await messageOf(copyToFile(url, back, allKeys))).toContain('other programs are connected to the database (')
  expect(existsSync(back)).toBe(false)
  await server.destroy()
})

postgresTest('a copy in which a row is changed on its way writes nothing', async () => {
  const { file } = await annsFile()
  const url = await serverWithNotes()
  const db = await openDb(url)
  await sql`create function change() returns trigger language plpgsql as 'begin new.name := ''Eve''; return new; end'`.execute(
    db,
  )
  await sql`create trigger change before insert on users for each row execute function change()`.execute(db)
  await db.destroy()
  const empty = await countRows(url)
  expect(await messageOf(copyToServer(file, url, allKeys))).toStartWith('users differs after the copy (2 rows, ')
  expect(await countRows(url)).toBe(empty)
})

async function command(...args: string[]) {
  const child = Bun.spawn([process.execPath, '--no-env-file', 'src/db-cli.ts', 'copy', ...args], {
    env: { PATH: process.env.PATH, SECRET_KEYS: 'A'.repeat(43) },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, out: out.trimEnd(), err: err.trimEnd() }
}

postgresTest('bun run db copy prints the rows of each table, and fails with one line and code 1', async () => {
  const file = tempDatabase('copy')
  const { deps } = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  await deps.db.destroy()
  const url = await newServer()
  const copied = await command(`sqlite:${file}`, url)
  expect(copied).toMatchObject({ code: 0, err: '' })
  expect(copied.out.split('\n')[0]).toBe(`The server has all rows of ${file}.`)
  expect(copied.out).toMatch(/^ {2}users +2$/m)
  const second = await command(`sqlite:${file}`, url)
  expect([second.code, second.out]).toEqual([1, ''])
  expect(second.err).toMatch(/^Copy failed: the target is not empty: \w+ has rows\. Nothing was copied\.$/)
  const back = `${tempFolder('copy')}/back.sqlite`
  expect(await command('--reverse', `sqlite:${back}`, url)).toMatchObject({ code: 0, err: '' })
  await waitUntilListening(start({ DATABASE_URL: `sqlite:${back}` }))
})

test.each([
  [['sqlite:a.sqlite'], 'postgres://… is missing; use bun run db copy sqlite:FILE postgres://…'],
  [['a.sqlite', 'postgres://127.0.0.1/a'], '"a.sqlite" should be sqlite: and a path, like sqlite:db/app.sqlite'],
  [['sqlite:a.sqlite', 'mysql://u:secret@127.0.0.1/a'], '"mysql://…@127.0.0.1/a" should be '],
  [['sqlite:a.sqlite', 'sqlite:b.sqlite'], 'the second database should be postgres://…'],
  [['postgres://127.0.0.1/a', 'postgres://127.0.0.1/a'], 'the first database should be sqlite: and a file'],
])('the arguments of a copy %j are refused', async (args, message) => {
  const { code, err } = await command(...args)
  expect([code, err]).toEqual([2, expect.stringContaining(message)])
  expect(err).not.toContain('secret')
})
