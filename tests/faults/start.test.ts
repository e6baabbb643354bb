import { Database } from 'bun:sqlite'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs'
import * as migrations from '@db/migrations'
import { openDb } from '@db/open'
import { endAfterwards, stopStarted, findFreePort, waitUntilListening, startError, start } from '../support/process'
import { tempDatabase, tempFolder } from '../support/temp'

afterEach(stopStarted)

setDefaultTimeout(20_000)

const read = (file: string, sql: string) => {
  const database = new Database(file)
  const rows = database.query<Record<string, unknown>, []>(sql).all()
  database.close()
  return rows.flatMap((row) => Object.values(row))
}

/** Copies the database file before each statement of its first start: the state that a kill would leave. */
async function copyBeforeEachStatement() {
  const home = tempFolder('start')
  const file = `${home}/test.sqlite`
  const copies: string[] = []
  const { query } = Database.prototype
  Database.prototype.query = new Proxy(query, {
    apply(query, database, parameters) {
      const copy = `${home}/${copies.length}.sqlite`
      copyFileSync(file, copy)
      if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
      copies.push(copy)
      return Reflect.apply(query, database, parameters)
    },
  })
  const db = await openDb(`sqlite:${file}`).finally(() => (Database.prototype.query = query))
  await db.destroy()
  return { file, copies }
}

test('the next start completes a first start that was killed at any statement', async () => {
  const { file, copies } = await copyBeforeEachStatement()
  const schema = read(file, 'select sql from sqlite_master order by name')
  expect(copies.length).toBeGreaterThan(Object.keys(migrations).length)
  const tableCounts = copies.map((copy) => read(copy, `select count(*) from sqlite_master where name = 'users'`)[0])
  expect(new Set(tableCounts)).toEqual(new Set([0, 1])) // before and after the commit
  for (const copy of copies) {
    await (await openDb(`sqlite:${copy}`)).destroy()
    expect(read(copy, 'select sql from sqlite_master order by name')).toEqual(schema)
    expect(read(copy, 'pragma integrity_check')).toEqual(['ok'])
  }
}, 60_000)

test.each(['development', 'production'])(
  'two servers that start at once on an empty folder in %s both start',
  async (NODE_ENV) => {
    const one = start({ NODE_ENV })
    const two = start({ NODE_ENV, DATABASE_URL: one.settings.DATABASE_URL })
    await Promise.all([waitUntilListening(one), waitUntilListening(two)])
    const file = one.settings.DATABASE_URL.replace('sqlite:', '')
    expect(read(file, 'select name from kysely_migration order by name')).toEqual(Object.keys(migrations))
  },
)

async function emptyDatabase() {
  const file = tempDatabase('start')
  await (await openDb(`sqlite:${file}`)).destroy()
  return { file, bytes: readFileSync(file) }
}

test('a database that stays locked stops the start with one line', async () => {
  const { file } = await emptyDatabase()
  const other = new Database(file)
  other.run('begin immediate')
  const { message, code } = await startError({ DATABASE_URL: `sqlite:${file}` })
  other.close()
  const cause = 'database is locked. Another program writes to it. Stop that program.'
  expect([message, code]).toEqual([`Cannot open database DATABASE_URL=sqlite:${file}: ${cause}`, 1])
})

/** `wrapper` is a command that starts the server under its limits. Returns the cause of the error. */
async function startErrorUnder(wrapper: string[], file: string) {
  const server = Bun.spawn([...wrapper, process.execPath, '--no-env-file', 'src/server.ts'], {
    env: { PATH: process.env.PATH, PORT: findFreePort(), DATABASE_URL: `sqlite:${file}` },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  endAfterwards(server)
  const prefix = `Cannot open database DATABASE_URL=sqlite:${file}: `
  const message = (await new Response(server.stderr).text()).trimEnd()
  expect([message, await server.exited]).toEqual([expect.stringContaining(prefix), 1])
  return message.replace(prefix, '')
}

test('a full disk stops the start, and the database stays unchanged', async () => {
  const { file, bytes } = await emptyDatabase()
  const withFullDisk = ['sh', '-c', `trap '' XFSZ; ulimit -f 0; exec "$@"`, 'sh']
  expect(await startErrorUnder(withFullDisk, file)).toMatch(/disk/)
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test('a read-only file or folder stops the start, also without a pending migration', async () => {
  const { file, bytes } = await emptyDatabase()
  const withoutRootAccess = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : [] // root ignores file modes
  chmodSync(file, 0o400)
  expect(await startErrorUnder(withoutRootAccess, file)).toBe(
    'attempt to write a readonly database. Make the file and its folder writable for this user.',
  )
  expect(readFileSync(file).equals(bytes)).toBe(true)
  const readOnly = tempFolder('start')
  chmodSync(readOnly, 0o500)
  expect(await startErrorUnder(withoutRootAccess, `${readOnly}/test.sqlite`)).toStartWith(
    'unable to open database file. It should be a file in an existing folder',
  )
})
