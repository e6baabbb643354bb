import { expect, spyOn, test } from 'bun:test'
import { sql } from 'kysely'
import { deactivateUser } from '@/model/deactivation'
import { recordEvent } from '@/model/security-events'
import { ann, annAndEve, userWith } from '../support/people'

/** What the database is asked while somebody guesses a password for this address. */
async function askedFor(email: string, prepare?: (site: Awaited<ReturnType<typeof annAndEve>>) => unknown) {
  const site = await annAndEve()
  await prepare?.(site)
  await userWith(site.deps, ann.email, 'so that it is not the first time')
  const asked: string[] = []
  const executor = site.deps.db.getExecutor()
  const compile = spyOn(Object.getPrototypeOf(executor), 'compileQuery').mockImplementation(function (
    this: typeof executor,
    ...query: Parameters<typeof executor.compileQuery>
  ) {
    asked.push(query[0].kind.replace(/Insert|Update/, 'Write'))
    return Reflect.apply(original, this, query)
  })
  await userWith(site.deps, email, 'guess')
  compile.mockRestore()
  return asked
}
const original = (await annAndEve()).deps.db.getExecutor().compileQuery

test('an address that nobody has costs the database what a wrong password costs it', async () => {
  const known = await askedFor(ann.email)
  expect(known.length).toBeGreaterThan(3)
  expect(await askedFor('nobody@example.test')).toEqual(known)
  expect(await askedFor(ann.email, ({ deps, users }) => deactivateUser(deps, users.ann, 'by hand'))).toEqual(known)
})

test('for an address that nobody has something is written into the history, too, and nothing changes by that', async () => {
  const { deps } = await annAndEve()
  const history = () => deps.db.selectFrom('security_events').selectAll().orderBy('user_id').orderBy('id').execute()
  const countWrites = async () => (await sql<{ n: number }>`select total_changes() as n`.execute(deps.db)).rows[0]?.n
  const [before, writes = 0] = [await history(), await countWrites()]
  await recordEvent(deps, { kind: 'login-failed', reason: 'unknown-address', userId: undefined })
  expect(await countWrites()).toBeGreaterThan(writes)
  expect(await history()).toEqual(before)
})
