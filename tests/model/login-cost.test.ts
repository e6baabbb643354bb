import { expect, spyOn, test } from 'bun:test'
import { deactivateUser } from '@/model/deactivation'
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
