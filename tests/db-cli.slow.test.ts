import { Database } from 'bun:sqlite'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import {
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { signupTest } from './support/features'
import { ann, annLoggedIn, eve } from './support/people'
import { start, stopStarted, waitUntilListening } from './support/process'
import { openSite } from './support/site'
import { tempDatabase, tempFolder } from './support/temp'

afterEach(stopStarted)

setDefaultTimeout(20_000)

// These tests start `bun run db` as a process, for its locks, its files and its exit code.
const db = (path: string, ...args: string[]) => dbAt(`sqlite:${path}`, ...args)

async function dbAt(url: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, '--no-env-file', 'src/db-cli.ts', ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, out, err: err.trimEnd() }
}

/** A closed database with Ann, Eve and a session of Ann. */
async function annsDatabase() {
  const file = tempDatabase('backup')
  const { deps } = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  await deps.db.destroy()
  return file
}

const newFile = () => `${tempFolder('backup')}/backup.sqlite`

function addZoe(file: string) {
  const command = [process.execPath, '--no-env-file', 'src/cli.ts', 'create', 'zoe@example.test', '--name', 'Zoe']
  const env = { PATH: process.env.PATH, DATABASE_URL: `sqlite:${file}` }
  expect(Bun.spawnSync(command, { env, stdin: 'ignore' }).exitCode).toBe(0)
}

/** Whether Ann and Eve can log in to the database. */
async function whoCanLogIn(file: string) {
  const { browser, deps } = await openSite({ DATABASE_URL: `sqlite:${file}` })
  const found = await Promise.all([ann, eve].map(async (one) => (await browser().post('/login', one)).status === 303))
  await deps.db.destroy()
  return found
}

async function backUp(file: string) {
  const backup = newFile()
  expect(await db(file, 'backup', backup)).toMatchObject({ code: 0, err: '' })
  return backup
}

/** The bytes of each file in the folder of a database. */
const contentOf = (file: string) =>
  Object.fromEntries(
    readdirSync(dirname(file)).map((name) => [name, Bun.hash(readFileSync(`${dirname(file)}/${name}`))]),
  )

signupTest('a backup is a complete copy that only its owner can read, also while the server runs', async () => {
  const one = start()
  await waitUntilListening(one)
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  const signUp = (person: typeof ann) =>
    fetch(`${one.url}/signup`, { method: 'POST', body: new URLSearchParams(person), redirect: 'manual' })
  await signUp(ann)
  const backup = newFile()
  const { code, out } = await db(file, 'backup', backup)
  expect([code, out.split('\n')[0]]).toEqual([0, `${backup} is a complete copy of ${file}.`])
  expect(out).toMatch(/^ {2}users +1$/m)
  expect((statSync(backup).mode & 0o777).toString(8)).toBe('600')
  expect(readdirSync(dirname(backup))).toEqual(['backup.sqlite'])
  expect((await signUp(eve)).status).toBe(303)
  expect(await whoCanLogIn(backup)).toEqual([true, false])
})

test('a backup overwrites no file, and fails without a trace', async () => {
  const file = await annsDatabase()
  const existing = newFile()
  writeFileSync(existing, 'notes')
  expect(await db(file, 'backup', existing)).toEqual({
    code: 1,
    out: '',
    err: `Backup failed: ${existing} already exists. Nothing was changed.`,
  })
  expect(readFileSync(existing, 'utf8')).toBe('notes')
  expect((await db(file, 'backup', file)).err).toContain('already exists')
  expect(await db(file, 'backup', `${tempFolder('backup')}/missing/backup.sqlite`)).toMatchObject({ code: 1, out: '' })
  const damaged = tempDatabase('backup')
  writeFileSync(damaged, readFileSync(file).fill(0xab, 3 * 4096, 12 * 4096))
  const target = newFile()
  expect(await db(damaged, 'backup', target)).toMatchObject({ code: 1, out: '' })
  expect(readdirSync(dirname(target))).toEqual([])
  const missing = `${tempFolder('backup')}/missing.sqlite`
  expect((await db(missing, 'backup', newFile())).err).toBe(`Database not found: DATABASE_URL=sqlite:${missing}`)
  expect(existsSync(missing)).toBe(false)
})

test('a restore replaces the database, keeps the replaced one and says how to end sessions', async () => {
  const file = await annsDatabase()
  const backup = await backUp(file)
  addZoe(file)
  const { code, out, err } = await db(file, 'restore', backup)
  expect([code, err]).toEqual([0, ''])
  const [first, ...others] = out.trimEnd().split('\n')
  expect(first).toBe(`${file} is now a copy of ${backup}.`)
  expect(out).toMatch(/^ {2}users +2$/m)
  expect(out).not.toContain('Restart the server')
  expect(others.at(-1)).toContain('bun run user end-all-sessions --api-tokens')
  const former = /^The replaced database is (.*)\.$/m.exec(out)?.[1] ?? ''
  expect(former).toMatch(/^.*test\.sqlite\.before-restore-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z$/)
  const count = (path: string) => new Database(path).query('select count(*) as n from users').get()
  expect([count(file), count(former)]).toEqual([{ n: 2 }, { n: 3 }])
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  expect(await whoCanLogIn(file)).toEqual([true, true])
})

test('a restore removes the side files of the replaced database', async () => {
  const file = await annsDatabase()
  const backup = await backUp(file)
  const crashed = `
    const sqlite = new (require('bun:sqlite').Database)('${file}')
    sqlite.run("update users set name = 'Anna' || hex(randomblob(3000))")
    process.kill(process.pid, 'SIGKILL')`
  Bun.spawnSync([process.execPath, '-e', crashed])
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
  const { code, out } = await db(file, 'restore', backup)
  expect(code).toBe(0)
  expect(readdirSync(dirname(file)).filter((name) => /-(wal|shm|journal)$/.test(name))).toEqual([])
  expect(await whoCanLogIn(file)).toEqual([true, true])
  const former = /^The replaced database is (.*)\.$/m.exec(out)?.[1] ?? ''
  expect(new Database(former).query(`select name from users where name like 'Anna%'`).all()).toHaveLength(2)
})

test.each([
  ['is missing', (file: string) => rmSync(file)],
  ['is empty', (file: string) => truncateSync(file)],
  ['is damaged', (file: string) => writeFileSync(file, 'x'.repeat(100_000))],
])('a restore works if the database %s and a WAL is left', async (_, damage) => {
  const file = await annsDatabase()
  const backup = await backUp(file)
  damage(file)
  writeFileSync(`${file}-wal`, 'x'.repeat(5000))
  const { code, out } = await db(file, 'restore', backup)
  expect([code, out]).toEqual([0, expect.stringContaining('Restart the server if it still runs')])
  expect(existsSync(`${file}-wal`)).toBe(false)
  expect(await whoCanLogIn(file)).toEqual([true, true])
})

test('a restore by root keeps the owner of the database', async () => {
  if (process.getuid?.() !== 0) return
  const file = await annsDatabase()
  const backup = await backUp(file)
  chownSync(file, 65_534, 65_534)
  expect((await db(file, 'restore', backup)).code).toBe(0)
  expect([statSync(file).uid, statSync(file).gid]).toEqual([65_534, 65_534])
})

test('a restore through a link replaces the target of the link', async () => {
  const file = await annsDatabase()
  const link = tempDatabase('backup')
  symlinkSync(file, link)
  addZoe(file)
  expect((await db(link, 'restore', await backUp(await annsDatabase()))).code).toBe(0)
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(new Database(file).query('select count(*) as n from users').get()).toEqual({ n: 2 })
})

signupTest('a restore fails while a server has the database open, and changes nothing', async () => {
  const one = start()
  await waitUntilListening(one)
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  const post = (path: string) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(ann), redirect: 'manual' })
  await post('/signup')
  const before = readdirSync(dirname(file))
  expect(await db(file, 'restore', await backUp(await annsDatabase()))).toEqual({
    code: 1,
    out: '',
    err: 'Restore failed: a process has the database open. Stop the server first. Nothing was changed.',
  })
  expect(readdirSync(dirname(file))).toEqual(before)
  expect((await post('/login')).status).toBe(303)
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0)
})

/** Statements that a copy must not survive, and the cause that the command names. */
const unusable: [what: string, damage: (backup: string) => unknown, cause: string][] = [
  ['is missing', (backup) => Bun.spawnSync(['rm', backup]), 'backup.sqlite does not exist'],
  ['is a folder', (backup) => (Bun.spawnSync(['rm', backup]), mkdirSync(backup)), 'is not a readable SQLite database'],
  ['is empty', (backup) => truncateSync(backup), 'is not a readable SQLite database'],
  ['is text', (backup) => writeFileSync(backup, 'text '.repeat(1000)), 'is not a readable SQLite database'],
  ['is cut off', (backup) => truncateSync(backup, statSync(backup).size - 5 * 4096), 'malformed'],
  ['has a damaged page', (backup) => writeFileSync(backup, readFileSync(backup).fill(0xab, 4 * 4096, 5 * 4096)), ''],
  [
    'belongs to another program',
    (backup) => execute(backup, 'drop table kysely_migration'),
    'do not come from the migrations',
  ],
  [
    'is of a version that this one cannot work with',
    (backup) => execute(backup, `insert into schema_floor values ('9999_x')`),
    '9999_x',
  ],
  [
    'lacks an index',
    (backup) => execute(backup, 'drop index sessions_user_id'),
    'index on sessions (user_id) is missing',
  ],
  ['has a row without its user', (backup) => execute(backup, 'delete from users'), 'has no parent'],
]

function execute(file: string, statement: string) {
  const sqlite = new Database(file)
  sqlite.run(statement)
  sqlite.close()
}

test.each(unusable)('a restore changes nothing if the copy %s', async (_, damage, cause) => {
  const file = await annsDatabase()
  const backup = `${tempFolder('backup')}/backup.sqlite`
  copyFileSync(file, backup)
  damage(backup)
  const before = contentOf(file)
  const { code, out, err } = await db(file, 'restore', backup)
  expect([code, out, err.split('\n').length]).toEqual([1, '', 1])
  expect(err).toStartWith('Restore failed: ')
  expect(err).toContain(cause)
  expect(err).toEndWith('. Nothing was changed.')
  expect(contentOf(file)).toEqual(before)
})

test('a restore of the database itself changes nothing', async () => {
  const file = await annsDatabase()
  const before = contentOf(file)
  expect((await db(file, 'restore', file)).err).toContain('is the database itself')
  expect(contentOf(file)).toEqual(before)
})

test('a restore leaves the copy unchanged and also takes its WAL', async () => {
  const file = await annsDatabase()
  const folder = tempFolder('backup')
  const { deps } = await openSite({ DATABASE_URL: `sqlite:${file}` })
  addZoe(file)
  for (const end of ['', '-wal']) Bun.spawnSync(['cp', file + end, `${folder}/copy.sqlite${end}`])
  await deps.db.destroy()
  const before = contentOf(`${folder}/copy.sqlite`)
  const target = tempDatabase('backup')
  expect(await db(target, 'restore', `${folder}/copy.sqlite`)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/users +3$/m),
  })
  expect(contentOf(`${folder}/copy.sqlite`)).toEqual(before)
})

test.each([
  [[], 2, 'bun run db backup FILE'],
  [['--help'], 0, 'bun run db restore FILE'],
  [['dump'], 2, 'unknown command "dump"; use backup, restore, migrate or copy'],
  [['restore'], 2, 'FILE is missing; use bun run db restore FILE'],
  [['backup', 'a', 'b'], 2, 'unexpected argument "b"'],
  [['restore', '--force', 'a'], 2, 'unknown option "--force"'],
])('the arguments %j exit with %i', async (args, code, text) => {
  const result = await db(tempDatabase('backup'), ...args)
  expect([result.code, `${result.out}${result.err}`]).toEqual([code, expect.stringContaining(text)])
})

test('a database in memory has no backup', async () => {
  expect(await db(':memory:', 'backup', newFile())).toMatchObject({ code: 1, err: 'A database in memory has no file.' })
})

test('a restore after the loss of the file reaches users once the server is restarted', async () => {
  const backup = await backUp(await annsDatabase())
  const one = start({ LOG_FORMAT: 'json' })
  await waitUntilListening(one)
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  const login = (url: string) =>
    fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams(ann), redirect: 'manual' })
  rmSync(file)
  expect((await db(file, 'restore', backup)).out).toContain('Restart the server if it still runs')
  expect((await login(one.url)).status).toBe(503)
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0)
  const two = start({ DATABASE_URL: one.settings.DATABASE_URL })
  await waitUntilListening(two)
  expect((await login(two.url)).status).toBe(303)
})

test.each([
  ['backup', 'pg_dump'],
  ['restore', 'pg_restore'],
])('%s names the program for PostgreSQL, and writes no file', async (verb, program) => {
  const file = newFile()
  expect(await dbAt('postgres://127.0.0.1/app', verb, file)).toEqual({
    code: 1,
    out: '',
    err: `Use ${program} for PostgreSQL, as docs/postgres.md shows. Nothing was changed.`,
  })
  expect(existsSync(file)).toBe(false)
})
