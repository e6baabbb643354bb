import { Database } from 'bun:sqlite'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs'
import { migrations } from '@db/migrate'
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

/** The database as it lies on the disk before each statement of its first start: what a kill at that moment leaves. */
async function moments() {
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

test('a first start that is killed at any statement is made good by the next one', async () => {
  const { file, copies } = await moments()
  const schema = read(file, 'select sql from sqlite_master order by name')
  expect(copies.length).toBeGreaterThan(Object.keys(migrations).length)
  const halves = copies.map((copy) => read(copy, `select count(*) from sqlite_master where name = 'users'`)[0])
  expect(new Set(halves)).toEqual(new Set([0, 1])) // before the commit, and after
  for (const copy of copies) {
    await (await openDb(`sqlite:${copy}`)).destroy()
    expect(read(copy, 'select sql from sqlite_master order by name')).toEqual(schema)
    expect(read(copy, 'pragma integrity_check')).toEqual(['ok'])
  }
})

test('of two that start at once on an empty folder both come up', async () => {
  const one = start()
  const two = start({ DATABASE_URL: one.settings.DATABASE_URL })
  await Promise.all([waitUntilListening(one), waitUntilListening(two)])
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  expect(read(file, 'select name from kysely_migration order by name')).toEqual(Object.keys(migrations))
})

async function emptyDatabase() {
  const file = tempDatabase('start')
  await (await openDb(`sqlite:${file}`)).destroy()
  return { file, bytes: readFileSync(file) }
}

test('a database that somebody does not let go of stops the start, with a sentence', async () => {
  const { file } = await emptyDatabase()
  const other = new Database(file)
  other.run('begin immediate')
  const { said, code } = await startError({ DATABASE_URL: `sqlite:${file}` })
  other.close()
  expect([said, code]).toEqual([
    `DATABASE_URL is "sqlite:${file}", and that database cannot be opened and written: database is locked.`,
    1,
  ])
})

/** How a start under these conditions says that it cannot be, in a process of its own. */
async function refusalUnder(conditions: string[], file: string) {
  const server = Bun.spawn([...conditions, process.execPath, '--no-env-file', 'src/server.ts'], {
    env: { PATH: process.env.PATH, PORT: findFreePort(), DATABASE_URL: `sqlite:${file}` },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  endAfterwards(server)
  const [said, why = ''] = (await new Response(server.stderr).text()).trimEnd().split(' written: ')
  expect([said, await server.exited]).toEqual([
    `DATABASE_URL is "sqlite:${file}", and that database cannot be opened and`,
    1,
  ])
  return why
}

test('a disk that is full stops the start, and the database stays as it is', async () => {
  const { file, bytes } = await emptyDatabase()
  const noFileGrows = ['sh', '-c', `trap '' XFSZ; ulimit -f 0; exec "$@"`, 'sh']
  expect(await refusalUnder(noFileGrows, file)).toMatch(/disk/)
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test('a file or a folder that can only be read stops the start, also where there is nothing to migrate', async () => {
  const { file, bytes } = await emptyDatabase()
  const asAnybody = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : [] // root writes anywhere
  chmodSync(file, 0o400)
  expect(await refusalUnder(asAnybody, file)).toBe('attempt to write a readonly database.')
  expect(readFileSync(file).equals(bytes)).toBe(true)
  const shut = tempFolder('start')
  chmodSync(shut, 0o500)
  expect(await refusalUnder(asAnybody, `${shut}/test.sqlite`)).toBe('unable to open database file.')
})
