import { Database } from 'bun:sqlite'
import { afterEach, expect, jest, setDefaultTimeout, test } from 'bun:test'
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { openDb } from '@db/open'
import { startDatabaseCheck } from '@/database-check'
import { minutes, seconds } from '@/lib/duration'
import { signupTest } from '../support/features'
import type { Site } from '../support/site'
import { logLines, takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annLoggedIn } from '../support/people'
import { endAfterwards, findFreePort, startError, stopStarted } from '../support/process'
import { tempDatabase, tempFolder } from '../support/temp'

afterEach(stopStarted)

setDefaultTimeout(20_000)

const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }

/** A program of its own: closing a file in this process would release the locks of SQLite. */
const run = (...command: string[]) => expect([command, Bun.spawnSync(command).exitCode]).toEqual([command, 0])

/** A new database. Except for its random number it has the same header as the database of the site. */
async function otherDatabase() {
  const path = tempDatabase('other')
  await (await openDb(`sqlite:${path}`)).destroy()
  return path
}

const annOnFile = async (file = tempDatabase('lost')) => ({
  ...(await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })),
  file,
})

async function expectRefusedSignUp({ browser }: Pick<Site, 'browser'>, error: string) {
  const { status, headers, set, html } = await browser().post('/signup', zoe)
  expect([status, headers.get('retry-after'), set]).toEqual([503, '5', []])
  const [logged, ...others] = takeLoggedErrors()
  expect([html.includes(`<code>${logged?.id}</code>`), others]).toEqual([true, []])
  expect(logged?.err?.message).toStartWith('database check failed: ')
  expect(logged?.err?.message).toEndWith(error)
  expect(await browser().get('/healthz')).toMatchObject({ status: 503, html: 'database check failed' })
}

signupTest.each<[what: string, lose: (file: string) => unknown, error: string]>([
  ['deleted', rmSync, 'was deleted or moved'],
  ['deleted with its folder', (file) => rmSync(dirname(file), { recursive: true }), 'was deleted or moved'],
  ['moved', (file) => renameSync(file, `${file}.old`), 'was deleted or moved'],
  ['replaced by another database', async (file) => renameSync(await otherDatabase(), file), 'was replaced'],
  [
    'replaced by its copy',
    (file) => run('sh', '-c', `cp ${file} ${file}.new && mv ${file}.new ${file}`),
    'was replaced',
  ],
  ['separated from its WAL', (file) => rmSync(`${file}-wal`), '-wal was deleted or moved'],
  ['separated from its WAL index', (file) => rmSync(`${file}-shm`), '-shm was deleted or moved'],
])('after the database was %s, writes return 503 and change nothing, and pages still work', async (_, lose, error) => {
  const site = await annOnFile()
  const { annsBrowser, browser, deps, file, advance } = site
  expect((await browser().get('/healthz')).html).toBe('ok')
  await lose(file)
  await expectRefusedSignUp(site, error)
  const users = await deps.db.selectFrom('users').select('name').orderBy('name').execute()
  expect(users).toEqual([{ name: 'Ann' }, { name: 'Eve' }])
  for (const path of ['/login', '/logout']) expect((await annsBrowser.post(path, ann)).status).toBe(503)
  takeLoggedErrors()
  advance(minutes(1))
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
  expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(['best-effort write failed'])
})

signupTest.each<[what: string, lose: (file: string) => unknown]>([
  ['another database', async (file) => run('cp', await otherDatabase(), file)],
  ['an older copy', async (file) => run('sh', '-c', `cat ${file}.old > ${file}`)],
  ['text', (file) => run('sh', '-c', `echo text > ${file}`)],
  ['nothing', (file) => run('truncate', '-s', '0', file)],
])('after the database was overwritten by %s, writes return 503', async (_, lose) => {
  const file = tempDatabase('lost')
  await (await openDb(`sqlite:${file}`)).destroy()
  run('cp', file, `${file}.old`)
  const site = await annOnFile(file)
  await lose(file)
  await expectRefusedSignUp(site, 'was overwritten')
  expect((await site.browser().get('/')).status).toBe(200)
  expect([200, 503]).toContain((await site.annsBrowser.get('/profile')).status) // depends on the cached pages
  takeLoggedErrors()
})

signupTest('a database that is moved back accepts writes again and has kept all changes', async () => {
  const { browser, file } = await annOnFile()
  renameSync(file, `${file}.old`)
  expect((await browser().post('/signup', zoe)).status).toBe(503)
  takeLoggedErrors()
  renameSync(`${file}.old`, file)
  expect((await browser().get('/healthz')).status).toBe(200)
  expect((await browser().post('/signup', zoe)).status).toBe(303)
  expect((await browser().post('/login', zoe)).status).toBe(303)
})

signupTest('a link that points to another database counts as replaced', async () => {
  const [target, link] = [tempDatabase('target'), tempDatabase('link')]
  symlinkSync(target, link)
  const { browser } = await annOnFile(link)
  expect((await browser().post('/signup', zoe)).status).toBe(303)
  unlinkSync(link)
  symlinkSync(await otherDatabase(), link)
  expect((await browser().post('/signup', { ...zoe, email: 'bea@example.test' })).status).toBe(503)
  expect(takeLoggedErrors()[0]?.err?.message).toBe(`database check failed: ${link} was replaced`)
})

signupTest('checkpoints and writes of other processes raise no alarm', async () => {
  const { browser, deps, file } = await annOnFile()
  const write = (n: number) => `
    const sqlite = new (require('bun:sqlite').Database)('${file}')
    sqlite.run('pragma user_version = ${n}')
    for (let i = 0; i < 50; i++) sqlite.run("insert into login_failures (key_hash, count, retry_at) values ('${n} ' || ?, 1, 1)", [i + 'x'.repeat(3000)])
    sqlite.run('pragma wal_checkpoint(${['passive', 'full', 'restart', 'truncate'][n % 4]})')`
  for (let n = 0; n < 8; n++) {
    run(process.execPath, '-e', write(n))
    for (let i = 0; i < 20; i++) {
      const row = { key_hash: `${n} ${i} ${'y'.repeat(3000)}`, count: 1, retry_at: 1, expires_at: null }
      await deps.db.insertInto('login_failures').values(row).execute()
      expect(deps.databaseError()).toBeUndefined()
    }
  }
  expect((await browser().post('/signup', zoe)).status).toBe(303)
})

test('the job logs a lost database once, and logs when it is back', async () => {
  const { deps, file } = await annOnFile()
  const shutdown = new AbortController()
  const messages = () => logLines.map((line) => JSON.parse(line).msg).filter((msg) => msg.startsWith('database check'))
  jest.useFakeTimers()
  try {
    startDatabaseCheck(deps, shutdown.signal)
    jest.advanceTimersByTime(seconds(5))
    expect(messages()).toEqual([])
    renameSync(file, `${file}.old`)
    jest.advanceTimersByTime(seconds(5))
    const advice = 'All changes are refused. Put the file back, or restore a backup and restart the server.'
    expect(messages()).toEqual([`database check failed: ${file} was deleted or moved. ${advice}`])
    takeLoggedErrors()
    renameSync(`${file}.old`, file)
    jest.advanceTimersByTime(seconds(5))
    expect(messages().slice(1)).toEqual(['database check passed: the file is back'])
    shutdown.abort()
    rmSync(file)
    jest.advanceTimersByTime(seconds(5))
    expect(messages()).toHaveLength(2)
  } finally {
    jest.useRealTimers()
  }
})

/** A server as `bun run start` starts it. Its log is in a file, so that the server can be read to its end. */
async function startProduction(file = tempDatabase('lost'), env: Record<string, string> = {}) {
  const port = findFreePort()
  const log = `${tempFolder('log')}/log`
  const settings = { NODE_ENV: 'production', PORT: port, DATABASE_URL: `sqlite:${file}`, ...env }
  const server = Bun.spawn([process.execPath, '--no-env-file', 'src/server.ts'], {
    env: { PATH: process.env.PATH, ...settings },
    stdout: Bun.file(log),
    stderr: 'pipe',
  })
  endAfterwards(server)
  const ask = (path: string, body?: URLSearchParams) =>
    fetch(`http://localhost:${port}${path}`, { method: body ? 'POST' : 'GET', body, redirect: 'manual' }).then(
      ({ status }) => status,
      () => 0,
    )
  while ((await ask('/healthz')) === 0 && server.exitCode === null) await Bun.sleep(20)
  const stop = async () => {
    server.kill('SIGTERM')
    return server.exited
  }
  const post = (path: string, fields = zoe) => ask(path, new URLSearchParams(fields))
  return { file, settings, ask, post, stop, readLog: () => readFileSync(log, 'utf8') }
}

const integrityOf = (file: string) => {
  const sqlite = new Database(file)
  const rows = sqlite.query('pragma integrity_check').all()
  sqlite.close()
  return rows
}

signupTest.each([
  ['moved over', 'mv'],
  ['copied over', 'cp'],
])('a backup that is %s the running database is complete after a restart', async (_, command) => {
  const one = await startProduction()
  for (let n = 0; n < 5; n++) expect(await one.post('/signup', { ...zoe, email: `zoe${n}@example.test` })).toBe(303)
  const backup = `${tempFolder('backup')}/backup.sqlite`
  const sqlite = new Database(one.file)
  sqlite.query('vacuum into ?').run(backup)
  sqlite.close()
  expect(await one.post('/signup')).toBe(303)
  run(command, backup, one.file)
  expect(await one.post('/signup', { ...zoe, email: 'late@example.test' })).toBe(503)
  expect(await one.stop()).toBe(0)
  const two = await startProduction(one.file)
  expect(await two.post('/login', { ...zoe, email: 'zoe4@example.test' })).toBe(303)
  expect(await two.post('/login', zoe)).toBe(422)
  expect(await two.stop()).toBe(0)
  expect(integrityOf(one.file)).toEqual([{ integrity_check: 'ok' }])
})

signupTest(
  'a lost database is logged in one line, and the next start in production does not create an empty one',
  async () => {
    const one = await startProduction()
    expect(await one.post('/signup')).toBe(303)
    rmSync(one.file)
    expect([await one.post('/signup'), await one.ask('/healthz'), await one.ask('/')]).toEqual([503, 503, 200])
    while (!one.readLog().includes('"msg":"database check failed: ')) await Bun.sleep(50)
    expect(await one.stop()).toBe(0)
    expect(one.readLog().match(/"msg":"database check failed: /g)).toHaveLength(1)
    const { message, code } = await startError(one.settings)
    expect([code, message.split('\n').length]).toEqual([1, 1])
    expect(message).toStartWith(`Database not found: DATABASE_URL=sqlite:${one.file}. Its folder is in use (`)
    expect(message).toContain('set DATABASE_CREATE=on for one start')
    const two = await startProduction(one.file, { DATABASE_CREATE: 'on' })
    expect(await two.post('/login')).toBe(422)
    expect(await two.stop()).toBe(0)
  },
)

/** The error of a start in production after `prepare` has filled the folder of the missing database. */
async function errorOfStart(prepare: (file: string) => unknown, env: Record<string, string> = {}) {
  const file = tempDatabase('first')
  await prepare(file)
  const before = readdirSync(dirname(file))
  const { message } = await startError({ NODE_ENV: 'production', DATABASE_URL: `sqlite:${file}`, ...env })
  expect(readdirSync(dirname(file))).toEqual(before)
  return message.replaceAll(dirname(file), '')
}

test.each<[string, (file: string) => unknown, string]>([
  ['a WAL', (file) => writeFileSync(`${file}-wal`, 'x'), 'Its folder is in use (/test.sqlite-wal)'],
  ['a WAL index', (file) => writeFileSync(`${file}-shm`, 'x'), 'Its folder is in use (/test.sqlite-shm)'],
  ['a link without its target', (file) => symlinkSync(`${file}.x`, file), 'Its folder is in use (/test.sqlite)'],
  [
    'another database',
    async (file) => renameSync(await otherDatabase(), `${dirname(file)}/app.db`),
    'Its folder is in use (/app.db)',
  ],
])('the start in production creates no database beside %s', async (_, prepare, message) => {
  expect(await errorOfStart(prepare)).toContain(message)
})

test('the start in production takes an empty file for a missing database', async () => {
  const one = await startProduction()
  expect(await one.stop()).toBe(0)
  writeFileSync(one.file, '')
  expect((await startError(one.settings)).message).toContain('Its folder is in use (')
  const file = tempDatabase('first')
  writeFileSync(file, '')
  const two = await startProduction(file)
  expect(await two.stop()).toBe(0)
  expect(statSync(file).size).toBeGreaterThan(0)
})

test('DATABASE_CREATE=off creates no database, also in development and by the command create', async () => {
  const off = { DATABASE_CREATE: 'off' }
  expect(await errorOfStart(() => undefined, { ...off, NODE_ENV: 'development' })).toContain('DATABASE_CREATE=off')
  const file = tempDatabase('first')
  const env = { PATH: process.env.PATH, DATABASE_URL: `sqlite:${file}`, ...off }
  const command = [process.execPath, '--no-env-file', 'src/cli.ts', 'create', 'abe@example.test', '--name', 'Abe']
  const { stderr, exitCode } = Bun.spawnSync(command, { env, stdin: 'ignore' })
  expect([exitCode, `${stderr}`]).toEqual([1, expect.stringContaining('Database not found')])
})

test('the command create does not create a database beside the traces of another one', () => {
  const file = tempDatabase('first')
  writeFileSync(`${file}-wal`, 'x')
  const env = { PATH: process.env.PATH, DATABASE_URL: `sqlite:${file}` }
  const command = [process.execPath, '--no-env-file', 'src/cli.ts', 'create', 'abe@example.test', '--name', 'Abe']
  const { stderr, exitCode } = Bun.spawnSync(command, { env, stdin: 'ignore' })
  expect([exitCode, `${stderr}`]).toEqual([1, expect.stringContaining('Its folder is in use')])
})

signupTest('the start in development creates a deleted database again', async () => {
  const one = await startProduction(tempDatabase('dev'), { NODE_ENV: 'development' })
  expect(await one.stop()).toBe(0)
  rmSync(one.file)
  const two = await startProduction(one.file, { NODE_ENV: 'development' })
  expect(await two.post('/signup')).toBe(303)
})
