import { expect, test } from 'bun:test'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { ann, annAndEve, authenticateUser } from '../../support/people'
import { statementsDuring } from '../../support/statements'

type Site = Awaited<ReturnType<typeof annAndEve>>

/** The SQL statements of one failed login, and the number of rows that it writes. */
async function costOf({ deps }: Site, email: string) {
  const countWrites = async () => (await sql<{ n: number }>`select total_changes() as n`.execute(deps.db)).rows[0]?.n
  const before = (await countWrites()) ?? 0
  const statements = await statementsDuring(deps, async () => {
    expect(await authenticateUser(deps, email, 'wrong')).toBeUndefined()
  })
  return { rows: ((await countWrites()) ?? 0) - before, statements }
}

async function costs(email: string, count: number, prepare?: (site: Site) => unknown) {
  const site = await annAndEve()
  await prepare?.(site)
  const found: Awaited<ReturnType<typeof costOf>>[] = []
  for (let n = 0; n < count; n++) {
    found.push(await costOf(site, email))
    site.advance(minutes(16)) // longer than every backoff, and below the daily limit of a source
  }
  const failures = site.deps.db.selectFrom('failed_logins').select(['kind', 'count']).orderBy('id')
  return { found, failures: await failures.execute() }
}

const secured = ({ deps, users }: Site) =>
  deps.db.updateTable('users').set({ secured_at: 1 }).where('id', '=', users.ann.id).execute()
const deactivated = ({ deps, users }: Site) => deactivateUser(deps, users.ann, 'command line')

test('a failed login sends the same statements and writes as many rows for every email address', async () => {
  const known = await costs(ann.email, 100)
  for (const { statements, rows } of known.found) {
    expect(statements.filter((text) => text.startsWith('insert into "failed_logins"')).length).toBeGreaterThan(0)
    expect(rows).toBeGreaterThan(0)
  }
  expect(known.failures.map(({ kind }) => kind)).toContain('account-locked')
  expect(await costs('unknown@example.test', 100)).toEqual(known)
  expect(await costs(ann.email, 100, deactivated)).toEqual(known)
  expect(await costs(ann.email, 100, secured)).toEqual(known)
})
