import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { migrate } from '@db/migrate'
import * as migrations from '@db/migrations'
import { openDb, type Db } from '@db/open'
import type { Kysely } from 'kysely'
import { createEmptyDatabase, testServer } from '../support/databases'
import { sharedDatabase } from '../support/nodes'
import { ann } from '../support/people'
import { start, startError, stopStarted, waitUntilListening } from '../support/process'
import { tempDatabase } from '../support/temp'

setDefaultTimeout(60_000) // the tests start servers
afterEach(stopStarted)

const emptyUrl = async () => (testServer ? createEmptyDatabase(testServer) : `sqlite:${tempDatabase('newer')}`)

const addColumn = {
  up: (db: Kysely<unknown>) => db.schema.alterTable('users').addColumn('nickname', 'text').execute(),
}

/** A database that the next version has migrated. */
async function newerDatabase(change: (db: Db) => Promise<unknown> = async () => undefined) {
  const url = await sharedDatabase()
  const db = await openDb(url)
  await migrate(db, { ...migrations, '0999_nickname': addColumn })
  await change(db)
  await db.destroy()
  return url
}

const post = (url: string, body: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' })

test('a version starts on the database of the next one, logs one line, and serves login and profile', async () => {
  const one = start({ DATABASE_URL: await newerDatabase(), LOG_FORMAT: 'json', MAIL_URL: 'off' })
  const printed = await waitUntilListening(one)
  expect(printed.split('The database is newer than this version.')).toHaveLength(2)
  expect((await post(`${one.url}/signup`, ann)).status).toBe(303)
  const login = await post(`${one.url}/login`, ann)
  expect(login.headers.get('location')).toBe('/profile')
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0])
  const profile = await fetch(`${one.url}/profile`, { headers: { cookie: cookie.join('; ') } })
  expect([profile.status, await profile.text()]).toEqual([200, expect.stringContaining(`Welcome, ${ann.name}!`)])
})

test('a version does not start on a database whose floor is a later migration', async () => {
  const DATABASE_URL = await newerDatabase((db) =>
    db.insertInto('schema_floor').values({ name: '0999_nickname' }).execute(),
  )
  const { code, message } = await startError({ DATABASE_URL })
  expect([code, message.split('\n')]).toEqual([1, [expect.stringContaining('cannot work with (0999_nickname)')]])
})

test('the floor of a migration that this version has does not stop the start', async () => {
  const url = await newerDatabase((db) =>
    db
      .insertInto('schema_floor')
      .values({ name: Object.keys(migrations)[0] ?? '' })
      .execute(),
  )
  const newer: string[] = []
  await (await openDb(url, { onNewer: () => newer.push(url) })).destroy()
  expect(newer).toEqual([url])
})

const migrateByCommand = (DATABASE_URL: string) => {
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, '--no-env-file', 'src/db-cli.ts', 'migrate'], {
    env: { PATH: process.env.PATH, DATABASE_URL, MIGRATE: 'off' },
  })
  return { exitCode, lines: `${stdout}`.trimEnd().split('\n') }
}

test('with MIGRATE=off a server starts only after bun run db migrate', async () => {
  const DATABASE_URL = await emptyUrl()
  const { code, message } = await startError({ DATABASE_URL, MIGRATE: 'off' })
  expect([code, message.split('\n')]).toEqual([1, [expect.stringContaining('it lacks migrations (0001_initial, ')]])
  expect(message).toEndWith('and MIGRATE=off applies none. Run bun run db migrate first')
  const names = Object.keys(migrations)
    .toSorted()
    .map((name) => `  ${name}`)
  expect(migrateByCommand(DATABASE_URL)).toEqual({ exitCode: 0, lines: ['The database is up to date.', ...names] })
  expect(migrateByCommand(DATABASE_URL)).toEqual({ exitCode: 0, lines: ['The database is up to date.'] })
  await waitUntilListening(start({ DATABASE_URL, MIGRATE: 'off' }))
})

test('a step outside a transaction runs in its order, and again if it was interrupted', async () => {
  const db = await openDb(await sharedDatabase())
  const ran: string[] = []
  const step = (name: string, fails = false) => ({
    up: async (one: Kysely<unknown>) => {
      ran.push(`${name} ${one.isTransaction}`)
      if (fails) throw new Error('stopped')
    },
  })
  const list = (fails: boolean) => ({
    ...migrations,
    '0997_a': step('a'),
    '0998_b': { ...step('b', fails), outsideTransaction: true },
    '0999_c': step('c'),
  })
  await expect(migrate(db, list(true))).rejects.toThrow('migration 0998_b failed: stopped')
  expect(await migrate(db, list(false))).toEqual(['0998_b', '0999_c'])
  expect(ran).toEqual(['a true', 'b false', 'b false', 'c true'])
  expect(await migrate(db, list(false))).toEqual([])
  await db.destroy()
})

test('a failed migration names itself and leaves no trace', async () => {
  const db = await openDb(await sharedDatabase())
  const broken = {
    up: async (one: Kysely<unknown>) => {
      await one.schema.createTable('half').addColumn('id', 'text').execute()
      await one.schema.alterTable('missing').addColumn('id', 'text').execute()
    },
  }
  await expect(migrate(db, { ...migrations, '0999_broken': broken })).rejects.toThrow('migration 0999_broken failed: ')
  expect((await db.introspection.getTables()).map(({ name }) => name)).not.toContain('half')
  await db.destroy()
})
