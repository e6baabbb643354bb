import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { openDb } from '@db/open'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annRemembered } from '../support/people'
import { openSite } from '../support/site'
import { annOnDisk } from '../support/on-disk'
import { makeToken } from '../support/tokens'

const person = (n: number) => ({ email: `zoe${n}@example.test`, name: 'Zoe', password: 'violet marmalade kettle' })

signupTest.each([
  ['a full disk', 'max_page_count = 1', 'max_page_count = 1000000'], // SQLite raises this to the present number of pages
  ['a database that can only be read', 'query_only = on', 'query_only = off'],
])('%s: writes fail completely, reads still work, and the server recovers', async (_, begin, end) => {
  const { annsBrowser, browser, deps, advance } = await annOnDisk()
  const set = (pragma: string) => sql`pragma ${sql.raw(pragma)}`.execute(deps.db)
  await set(begin)
  const signUp = (n: number) => browser().post('/signup', person(n))
  let failing = 0
  while ((await signUp(failing)).status === 303) failing++ // the existing pages have free space
  const { status, headers, html } = await signUp(failing)
  expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  expect(html).toContain(`<code>${takeLoggedErrors().at(-1)?.id}</code>`)
  advance(minutes(1))
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
  await set(end)
  takeLoggedErrors() // from the failed extension of the session
  const found = deps.db.selectFrom('users').select('id').where('email', '=', person(failing).email)
  expect(await found.execute()).toEqual([])
  expect((await signUp(failing)).status).toBe(303)
  expect((await browser().post('/login', person(failing))).status).toBe(303)
})

/** Requests that authenticate Ann by a session, a remembered device, a token and her password. */
async function annsLoginMethods() {
  const site = await annRemembered()
  const { deps, users, browser } = site
  const scopes = ['profile:read' as const]
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes, lifetime: minutes(5) })
  const loggedIn = browser()
  await loggedIn.post('/login', ann)
  await loggedIn.get('/probe')
  const methods = {
    session: () => loggedIn.get('/profile'),
    fresh: () => loggedIn.get('/settings/password'),
    remembered: () => site.annsBrowser.get('/profile'),
    token: () => browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } }),
    password: () => browser().post('/login', ann),
  }
  return { deps, methods }
}

const failingWithout = {
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

test.each(Object.entries(failingWithout))(
  'without the table %s its routes fail and grant no access',
  async (table, failing) => {
    const { deps, methods } = await annsLoginMethods()
    await sql`pragma foreign_keys = off`.execute(deps.db)
    await sql`drop table ${sql.table(table)}`.execute(deps.db)
    for (const [method, request] of Object.entries(methods)) {
      const { status, set, html } = await request()
      const shouldFail = failing.some((one) => one === method)
      expect([method, status < 400]).toEqual([method, !shouldFail])
      if (shouldFail) expect([method, status, set, html.includes(ann.name)]).toEqual([method, 500, [], false])
      expect(takeLoggedErrors()).toHaveLength(shouldFail ? 1 : 0)
    }
  },
)

/** Returns a database file with an overwritten first page of `table`. */
async function corruptFile(table: string) {
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
  const { file } = await corruptFile('users')
  const { browser } = await openSite({ DATABASE_URL: `sqlite:${file}` })
  expect((await browser().get('/')).status).toBe(200)
  const { status, set, html } = await browser().post('/login', ann)
  expect([status, set, html.includes('malformed')]).toEqual([503, [], false])
  expect(takeLoggedErrors().map(({ err }) => err?.message)).toEqual(['database disk image is malformed'])
})

test('a corrupt database file stops the start and stays unchanged', async () => {
  const { file, bytes } = await corruptFile('kysely_migration')
  await expect(openDb(`sqlite:${file}`)).rejects.toThrow('malformed')
  expect(readFileSync(file).equals(bytes)).toBe(true)
})
