import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { openDb } from '@db/open'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annRemembered } from '../support/people'
import { openSite } from '../support/site'
import { annOnDisk } from '../support/on-disk'
import { makeToken } from '../support/tokens'

const person = (n: number) => ({ email: `zoe${n}@example.test`, name: 'Zoe', password: 'violet marmalade kettle' })

test.each([
  ['a full disk', 'max_page_count = 1', 'max_page_count = 1000000'], // as many as it has: SQLite takes no fewer
  ['a database that can only be read', 'query_only = on', 'query_only = off'],
])('%s: writes fail completely, reads still work, and the server recovers', async (_, begin, end) => {
  const { annsBrowser, browser, deps, advance } = await annOnDisk()
  const set = (pragma: string) => sql`pragma ${sql.raw(pragma)}`.execute(deps.db)
  await set(begin)
  const signUp = (n: number) => browser().post('/signup', person(n))
  let refused = 0
  while ((await signUp(refused)).status === 303) refused++ // into the pages that it has already
  const { status, headers, html } = await signUp(refused)
  expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  expect(html).toContain(`<code>${takeLoggedErrors().at(-1)?.id}</code>`)
  advance(minutes(1))
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
  await set(end)
  takeLoggedErrors() // of the slide, where it could not be written
  const found = deps.db.selectFrom('users').select('id').where('email', '=', person(refused).email)
  expect(await found.execute()).toEqual([])
  expect((await signUp(refused)).status).toBe(303)
  expect((await browser().post('/login', person(refused))).status).toBe(303)
})

/** What each of Ann's ways in is answered with: a session, a remembered device, a token, and her password. */
async function annsWaysIn() {
  const site = await annRemembered()
  const { deps, users, browser } = site
  const scopes = ['profile:read' as const]
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes, lifetime: minutes(5) })
  const logged = browser()
  await logged.post('/login', ann)
  await logged.get('/probe')
  const ways = {
    session: () => logged.get('/profile'),
    fresh: () => logged.get('/settings/password'),
    remembered: () => site.annsBrowser.get('/profile'),
    token: () => browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } }),
    password: () => browser().post('/login', ann),
  }
  return { deps, ways }
}

const shutBy = {
  users: ['session', 'fresh', 'remembered', 'token', 'password'],
  sessions: ['session', 'fresh', 'remembered', 'password'],
  remember_series: ['remembered', 'password'],
  remember_secrets: ['remembered'],
  api_tokens: ['token'],
  login_failures: ['password'],
  known_devices: ['password'],
  rate_limit_hits: ['password'],
  security_events: ['remembered', 'password'],
  failed_logins: [],
  saved_requests: [],
} as const

test.each(Object.entries(shutBy))('without the table %s its routes fail and grant no access', async (table, shut) => {
  const { deps, ways } = await annsWaysIn()
  await sql`pragma foreign_keys = off`.execute(deps.db)
  await sql`drop table ${sql.table(table)}`.execute(deps.db)
  for (const [way, enter] of Object.entries(ways)) {
    const { status, set, html } = await enter()
    const isShut = shut.some((one) => one === way)
    expect([way, status < 400]).toEqual([way, !isShut])
    if (isShut) expect([way, status, set, html.includes(ann.name)]).toEqual([way, 500, [], false])
    expect(takeLoggedErrors()).toHaveLength(isShut ? 1 : 0)
  }
})

/** A database file in which the first page of a table was overwritten. */
async function spoiltFile(table: string) {
  const { deps, file, other } = await annOnDisk()
  const page = sql<{ rootpage: number }>`select rootpage from sqlite_master where name = ${table}`
  const { rootpage = 0 } = (await page.execute(deps.db)).rows[0] ?? {}
  other.close()
  await deps.db.destroy()
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xab, (rootpage - 1) * 4096, rootpage * 4096))
  return { file, bytes }
}

test('a corrupt page of the users table fails the routes that read it, and all others still work', async () => {
  const { file } = await spoiltFile('users')
  const { browser } = await openSite({ DATABASE_URL: `sqlite:${file}` })
  expect((await browser().get('/')).status).toBe(200)
  const { status, set, html } = await browser().post('/login', ann)
  expect([status, set, html.includes('malformed')]).toEqual([503, [], false])
  expect(takeLoggedErrors().map(({ err }) => err?.message)).toEqual(['database disk image is malformed'])
})

test('a corrupt database file stops the start and stays unchanged', async () => {
  const { file, bytes } = await spoiltFile('kysely_migration')
  await expect(openDb(`sqlite:${file}`)).rejects.toThrow('malformed')
  expect(readFileSync(file).equals(bytes)).toBe(true)
})
