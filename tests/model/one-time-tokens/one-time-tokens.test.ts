import type { TokenPurpose } from '@db/mail-tables'
import { expect, test } from 'bun:test'
import { accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { consumeOneTimeToken, findOneTimeToken, revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { purposes } from '../../support/link-purposes'
import { issueTo } from '../../support/one-time-links'
import { annAndEve } from '../../support/people'

const consume = ({ deps, users }: Awaited<ReturnType<typeof annAndEve>>, purpose: TokenPurpose, token: string) =>
  inTransaction(deps, (deps) => consumeOneTimeToken(deps, purpose, token), {
    locks: accountLocks(users.ann.id, users.eve.id),
  })

/** A sign-up has no user yet. */
const ofUsers = purposes.filter(({ purpose }) => purpose !== 'sign-up')

test.each(purposes)('the use of a $purpose token checks its expiry itself', async ({ purpose, lifetime }) => {
  const site = await annAndEve()
  const [early, late] = [await issueTo(site, site.users.ann, purpose), await issueTo(site, site.users.eve, purpose)]
  site.advance(lifetime - 1)
  expect(await consume(site, purpose, early)).toBeDefined()
  site.advance(1)
  expect(await consume(site, purpose, late)).toBeUndefined()
  expect(await findOneTimeToken(site.deps, purpose, late)).toBeUndefined()
})

test.each(purposes)('of twenty parallel uses of a $purpose token one gets its row', async ({ purpose }) => {
  const site = await annAndEve()
  const token = await issueTo(site, site.users.ann, purpose)
  const uses = await Promise.all(Array.from({ length: 20 }, () => consume(site, purpose, token)))
  expect(uses.filter((row) => row !== undefined)).toHaveLength(1)
})

test.each(ofUsers)(
  'a $purpose token is used only in a transaction with the lock of its account',
  async ({ purpose }) => {
    const site = await annAndEve()
    const token = await issueTo(site, site.users.ann, purpose)
    const use = inTransaction(site.deps, (deps) => consumeOneTimeToken(deps, purpose, token), { locks: [] })
    expect(await use.catch((error: Error) => error.message)).toBe(
      'transaction failed: it does not hold the lock "account"',
    )
    expect(await findOneTimeToken(site.deps, purpose, token)).toBeDefined()
  },
)

test.each(ofUsers)('a $purpose token is stored as a hash, with its user and address', async ({ purpose }) => {
  const site = await annAndEve()
  const token = await issueTo(site, site.users.ann, purpose)
  expect(token).toMatch(/^[\w-]{43}$/)
  const row = await site.deps.db.selectFrom('one_time_tokens').selectAll().executeTakeFirstOrThrow()
  const { id: user_id, email, password_version } = site.users.ann
  const canonical_email = expect.stringContaining(email) // or another address of the user
  expect(row).toMatchObject({ token_hash: sha256(token), purpose, user_id, canonical_email, password_version })
})

test.each(ofUsers)('revoking ends the $purpose tokens of one user only', async ({ purpose }) => {
  const site = await annAndEve()
  const [anns, eves] = [await issueTo(site, site.users.ann, purpose), await issueTo(site, site.users.eve, purpose)]
  const others = ofUsers.flatMap((other) => (other.purpose === purpose ? [] : other.purpose))
  await revokeOneTimeTokensOf(site.deps, site.users.ann, others)
  expect(await findOneTimeToken(site.deps, purpose, anns)).toBeDefined()
  await revokeOneTimeTokensOf(site.deps, site.users.ann, [purpose])
  expect(await findOneTimeToken(site.deps, purpose, anns)).toBeUndefined()
  expect(await findOneTimeToken(site.deps, purpose, eves)).toBeDefined()
})
