import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changePassword } from '@/model/accounts/change-password'
import { confirmEmailChange } from '@/model/accounts/confirm-email-change'
import { requestEmailChange } from '@/model/accounts/request-email-change'
import { confirmEmail } from '@/model/accounts/verify-email'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { endSession } from '@/model/sessions/end'
import { listActiveSessions } from '@/model/sessions/expiry'
import { annAndEveWithMail, issueTo } from '../../support/one-time-links'
import { ann } from '../../support/people'
import type { Session } from '@/model/types'

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const client = { fingerprint: '', userAgent: '', ip: '' }

const happenings: [what: string, happens: (site: Site, session: Session) => Promise<unknown>][] = [
  // The session of the password change stays.
  [
    'a password change in the same session',
    ({ deps, users }, keepSession) =>
      inTransaction(deps, (deps) => changePassword(deps, users.ann, 'a hash', users.ann.id, { keepSession }), {
        locks: userLocks(users.ann),
      }),
  ],
  ['a logout', ({ deps }, session) => endSession(deps, session, 'logout')],
  ['a deactivation', ({ deps, users }) => deactivateUser(deps, users.ann, 'command line')],
  [
    'a request to delete the account',
    ({ deps, users }, keepSession) => requestDeletion(deps, users.ann, { by: users.ann.id, keepSession }),
  ],
]

test.each(happenings)('a request that %s overtakes changes nothing', async (_, happens) => {
  const site = await annAndEveWithMail()
  await site.as(ann)
  const [session] = await listActiveSessions(site.deps, site.users.ann)
  if (!session) throw new Error('no session')
  await happens(site, session)
  for (const email of ['new@example.test', 'ANN@example.test'])
    expect(await requestEmailChange(site.deps, site.users.ann, email, { session, client, flow: 'x' })).toEqual({
      kind: 'session-ended',
    })
  expect(await site.deps.db.selectFrom('email_changes').select('id').execute()).toEqual([])
  expect(await site.deps.db.selectFrom('users').select('email').where('id', '=', site.users.ann.id).execute()).toEqual([
    { email: ann.email },
  ])
})

test('the links of a user confirm no address of another user', async () => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  const change = await issueTo(site, users.ann, 'change-email')
  expect(await confirmEmailChange(deps, users.eve, change, { client })).toEqual({ kind: 'invalid' })
  expect(await confirmEmail(deps, users.eve, await issueTo(site, users.ann, 'verify-email'), client)).toBe(false)
  const rows = await deps.db.selectFrom('users').select(['email', 'email_verified_at']).orderBy('email').execute()
  expect(rows).toEqual([users.ann, users.eve].map(({ email }) => ({ email, email_verified_at: null })))
})
