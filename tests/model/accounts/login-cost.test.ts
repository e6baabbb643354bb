import { expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'kysely'
import { engineOf } from '@db/engine/engine'
import { minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { postgresTest, testServer } from '../../support/databases'
import { ann, annAndEve, authenticateUser } from '../../support/people'
import { statementsDuring } from '../../support/statements'

setDefaultTimeout(60_000) // 240 logins

type Site = Awaited<ReturnType<typeof annAndEve>>

/** What one failed login costs. Only SQLite counts the written rows, and only PostgreSQL has round trips. */
async function costOf({ deps }: Site, email: string) {
  const countWrites = async () =>
    testServer ? undefined : (await sql<{ n: number }>`select total_changes() as n`.execute(deps.db)).rows[0]?.n
  const before = (await countWrites()) ?? 0
  const tripsBefore = roundTripsOf({ deps })
  const statements = await statementsDuring(deps, async () => {
    expect(await authenticateUser(deps, email, 'wrong')).toBeUndefined()
  })
  const roundTrips = roundTripsOf({ deps }) - tripsBefore
  return { rows: ((await countWrites()) ?? 0) - before, statements, roundTrips }
}

const roundTripsOf = ({ deps }: Pick<Site, 'deps'>) => engineOf(deps.db).counts?.roundTrips ?? 0

async function costs(MAIL_URL: string, email: string, prepare?: (site: Site) => unknown) {
  const site = await annAndEve({ MAIL_URL })
  await prepare?.(site)
  const found: Awaited<ReturnType<typeof costOf>>[] = []
  const failTimes = async (n: number) => {
    for (let i = 0; i < n; i++) {
      found.push(await costOf(site, email))
      site.advance(minutes(16)) // longer than every backoff, and below the daily limit of a source
    }
  }
  await failTimes(20) // the longest backoff begins at the fifteenth
  await site.deps.db.updateTable('login_failures').set({ count: 90 }).execute()
  await failTimes(10)
  const failures = site.deps.db.selectFrom('failed_logins').select(['kind', 'count']).orderBy('id')
  return { found, failures: await failures.execute() }
}

const secured = ({ deps, users }: Site) =>
  deps.db.updateTable('users').set({ secured_at: 1 }).where('id', '=', users.ann.id).execute()
const deactivated = ({ deps, users }: Site) => deactivateUser(deps, users.ann, 'command line')

// With mail, the hundredth failure writes one.
test.each(['off', 'mailbox:'])(
  'a failed login costs the same statements, rows and round trips for every email address, with MAIL_URL=%s',
  async (mailUrl) => {
    const known = await costs(mailUrl, ann.email)
    for (const { statements, rows } of known.found) {
      expect(statements.filter((text) => text.startsWith('insert into "failed_logins"')).length).toBeGreaterThan(0)
      if (!testServer) expect(rows).toBeGreaterThan(0)
    }
    const mails = known.found.flatMap(({ statements }) => statements.filter((text) => text.includes('"mails"')))
    expect(mails).toHaveLength(mailUrl === 'off' ? 0 : 1)
    expect(known.failures.map(({ kind }) => kind)).toContain('account-locked')
    expect(await costs(mailUrl, 'unknown@example.test')).toEqual(known)
    expect(await costs(mailUrl, ann.email, deactivated)).toEqual(known)
    expect(await costs(mailUrl, ann.email, secured)).toEqual(known)
  },
)

test('a login from a known browser sends the same statements with mail as without', async () => {
  const statementsOfLogin = async (MAIL_URL: string) => {
    const { deps, browser } = await annAndEve({ MAIL_URL })
    await browser().post('/login', ann)
    return statementsDuring(deps, async () => expect((await browser().post('/login', ann)).to).toBe('/profile'))
  }
  const statements = await statementsOfLogin('off')
  expect(statements.length).toBeGreaterThan(10)
  expect(await statementsOfLogin('mailbox:')).toEqual(statements)
})

// On PostgreSQL, each of the three transactions begins with a statement for its locks.
test('a login in a new browser, with a source and a network, sends 16 statements on SQLite and 19 on PostgreSQL', async () => {
  const { deps, browser } = await annAndEve({ TRUST_PROXY: '1' })
  const logIn = (userAgent: string) => browser(userAgent).post('/login', ann, { 'x-forwarded-for': '2001:db8::1' })
  await logIn('Firefox')
  const statements = await statementsDuring(deps, async () => expect((await logIn('Firefox')).to).toBe('/profile'))
  expect(statements).toHaveLength(testServer ? 19 : 16)
})

const MAX_ROUND_TRIPS = 14

// Each one adds the delay of the network between the app and the server.
postgresTest('a login on PostgreSQL takes at most 14 round trips, in a new and in a known browser', async () => {
  const { deps, browser } = await annAndEve({ TRUST_PROXY: '1' })
  const headers = { 'x-forwarded-for': '2001:db8::1' }
  const roundTripsDuring = async (work: () => Promise<{ to: string | null }>) => {
    const before = roundTripsOf({ deps })
    expect((await work()).to).toBe('/profile')
    return roundTripsOf({ deps }) - before
  }
  const known = browser('Firefox')
  await known.post('/login', ann, headers)
  await known.post('/logout', {}, headers)
  for (const form of [ann, { ...ann, remember: 'on' }]) {
    const inNewBrowser = await roundTripsDuring(() => browser('Firefox').post('/login', form, headers))
    expect(inNewBrowser).toBeGreaterThan(10)
    expect(inNewBrowser).toBeLessThanOrEqual(MAX_ROUND_TRIPS)
    expect(await roundTripsDuring(() => known.post('/login', form, headers))).toBeLessThanOrEqual(MAX_ROUND_TRIPS)
    await known.post('/logout', {}, headers)
  }
})
