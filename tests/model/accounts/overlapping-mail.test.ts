import { expect, test } from 'bun:test'
import type { Deps } from '@/deps/deps'
import { emailLock, userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, hours } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { changeEmailOf } from '@/model/accounts/change-email'
import { confirmEmailChange } from '@/model/accounts/confirm-email-change'
import { exportData } from '@/model/accounts/export-data'
import { proveByLink } from '@/model/accounts/login-by-code'
import { prepareMail } from '@/model/accounts/prepare-mail'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { requestEmailChange } from '@/model/accounts/request-email-change'
import { resetPassword } from '@/model/accounts/reset-password'
import { secureAccount } from '@/model/accounts/secure-account'
import { startLogin } from '@/model/accounts/start-login'
import { unlockUser } from '@/model/accounts/unlock'
import type { MailKind } from '@db/mail-tables'
import { startAttempt } from '@/model/limits/login-attempts'
import { claimDueMails } from '@/model/mails/claim-mails'
import { enqueueMail } from '@/model/mails/mails'
import { requestMail } from '@/model/mails/request-mail'
import { listActiveSessions } from '@/model/sessions/expiry'
import { createUser } from '@/model/users/users'
import { addPasskey } from '../../support/add-passkeys'
import { postgresTest, testServer } from '../../support/databases'
import { linkCases } from '../../support/link-purposes'
import { annAndEveWithMail, issueTo } from '../../support/one-time-links'
import { client } from '../../support/open-request'
import { overlap } from '../../support/overlap'
import { ann, annLoggedIn } from '../../support/people'

// On PostgreSQL, transactions run at once. Without a lock, a test fails there, or PostgreSQL must roll a transaction back.

const zoe = { name: 'Zoe', password: 'violet marmalade kettle' }

test('a sign-up that found an address in use does not get it while its owner changes to another one', async () => {
  const { deps, users, ...site } = await annAndEveWithMail()
  const token = await issueTo({ deps, ...site }, users.ann, 'change-email')
  const [created, changed] = await overlap(
    deps,
    ['Select', 'email_changes'], // the address is not reserved yet
    (deps) => createUser(deps, { ...zoe, email: ann.email }),
    () => confirmEmailChange(deps, users.ann, token, { client }),
  )
  expect([created, changed.kind]).toEqual([undefined, 'changed'])
  expect(await createUser(deps, { ...zoe, email: ann.email })).toBeUndefined()
})

test('an address that two accounts take at once goes to one of them', async () => {
  const { deps, users } = await annAndEveWithMail()
  const email = 'zoe@example.test'
  const [changed, created] = await overlap(
    deps,
    ['Select', 'email_changes'], // no one has the address
    (deps) => changeEmailOf(deps, users.ann, email, 'command line'),
    () => createUser(deps, { ...zoe, email }),
  )
  expect([changed, created]).toEqual([{ kind: 'changed' }, undefined])
})

test('an unlock during a change of the address unlocks the new address and not the old one', async () => {
  const { deps, users } = await annAndEveWithMail()
  const email = 'zoe@example.test'
  const countFailure = async (deps: Deps, address: string) => {
    const attempt = await startAttempt(deps, address, client)
    return attempt.kind === 'attempt' ? attempt.key_hash : attempt.kind
  }
  const changeAndFail = async (deps: Deps) => {
    await changeEmailOf(deps, users.ann, email, 'command line')
    return [await countFailure(deps, ann.email), await countFailure(deps, email)]
  }
  const [[oldKey]] = await overlap(
    deps,
    ['Update', 'users'],
    (deps) => inTransaction(deps, changeAndFail, { locks: [...userLocks(users.ann), emailLock(email)] }),
    () => unlockUser(deps, users.ann, 'command line'),
  )
  const left = await deps.db.selectFrom('login_failures').select('key_hash').execute()
  expect(left.map(({ key_hash }) => key_hash)).toEqual([String(oldKey)])
})

const mailTo = (recipient: string, kind: MailKind, flow_hash: string | null = null) => ({
  kind,
  recipient,
  flow_hash,
  user_id: null,
  pending_signup_id: null,
  email_change_id: null,
  details: { at: 0 },
  occurrence_count: 1,
  password_version: null,
  attempt_count: 1,
})

test('two mails that are prepared at once leave three links', async () => {
  const { deps } = await annAndEveWithMail()
  const mail = mailTo(ann.email, 'reset-password')
  for (let n = 0; n < 2; n++) await prepareMail(deps, mail)
  await overlap(
    deps,
    ['Insert', 'one_time_tokens'],
    (deps) => prepareMail(deps, mail),
    () => prepareMail(deps, mail),
  )
  expect(await deps.db.selectFrom('one_time_tokens').select('id').execute()).toHaveLength(3)
})

test('two mails to an address without an account that are prepared at once leave one code', async () => {
  const { deps } = await annAndEveWithMail()
  const mail = mailTo('zoe@example.test', 'login-code', sha256('a flow'))
  await overlap(
    deps,
    ['Update', 'one_time_tokens'], // ends earlier codes
    (deps) => prepareMail(deps, mail),
    () => prepareMail(deps, mail),
  )
  const tokens = await deps.db.selectFrom('one_time_tokens').select('code_hash').execute()
  expect(tokens.filter(({ code_hash }) => code_hash !== null)).toHaveLength(1)
})

test('of two links that reset a password at once one works', async () => {
  const { deps, users, ...site } = await annAndEveWithMail()
  const [first, second] = [
    await issueTo({ deps, ...site }, users.ann, 'reset-password'),
    await issueTo({ deps, ...site }, users.ann, 'reset-password'),
  ]
  const results = await overlap(
    deps,
    ['Delete', 'one_time_tokens'],
    (deps) => resetPassword(deps, first, 'five boxing wizards', client),
    () => resetPassword(deps, second, 'seven humming llamas', client),
  )
  expect(results.map(({ kind }) => kind)).toEqual(['reset', 'invalid'])
})

test('of two mailed links that prove an address at once one logs in', async () => {
  const { deps, users, ...site } = await annAndEveWithMail()
  const flow = linkCases['login-code']?.flow ?? ''
  const [first, second] = [
    await issueTo({ deps, ...site }, users.ann, 'login-code'),
    await issueTo({ deps, ...site }, users.ann, 'login-code'),
  ]
  const [proved, other] = await overlap(
    deps,
    ['Delete', 'one_time_tokens'],
    (deps) => proveByLink(deps, flow, client, first),
    () => proveByLink(deps, flow, client, second),
  )
  expect([proved?.isFirstProof, other]).toEqual([true, undefined])
})

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

test.each<[string, (site: Site) => Promise<() => Promise<unknown>>]>([
  [
    'secures the account',
    async (site) => {
      const token = await issueTo(site, site.users.ann, 'secure-account')
      return () => secureAccount(site.deps, token, '', client)
    },
  ],
  [
    'resets the password',
    async (site) => {
      const token = await issueTo(site, site.users.ann, 'reset-password')
      return () => resetPassword(site.deps, token, 'five boxing wizards', client)
    },
  ],
  [
    'proves the address for the first time',
    async (site) => {
      const token = await issueTo(site, site.users.ann, 'login-code')
      return () => proveByLink(site.deps, linkCases['login-code']?.flow ?? '', client, token)
    },
  ],
  [
    'requests the deletion',
    async ({ deps, users }) =>
      () =>
        requestDeletion(deps, users.ann, { by: users.ann.id }),
  ],
])('a login keeps no session if another request %s meanwhile', async (_, prepare) => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  await overlap(
    deps,
    ['Select', 'password_version'], // the user is as before
    (deps) => startLogin(deps, users.ann, client, {}, { isFresh: true, amr: ['password'] }),
    await prepare(site),
  )
  expect(await listActiveSessions(deps, users.ann)).toEqual([])
})

test('of the last two admins who request the deletion of their accounts at once one stays', async () => {
  const { deps, users } = await annAndEveWithMail()
  await deps.db.updateTable('users').set({ role: 'admin' }).execute()
  const results = await overlap(
    deps,
    ['Update', 'deletion_at'],
    (deps) => requestDeletion(deps, users.ann, { by: users.ann.id }),
    () => requestDeletion(deps, users.eve, { by: users.eve.id }),
  )
  expect(results).toEqual([true, false])
})

test('of two changes of address that a user requests at once one is open', async () => {
  const site = await annLoggedIn({ MAIL_URL: 'mailbox:' })
  const { deps, users } = site
  const [session] = await listActiveSessions(deps, users.ann)
  if (!session) throw new Error('no session')
  await overlap(
    deps,
    ['Update', 'email_changes'], // cancels the earlier one
    (deps) => requestEmailChange(deps, users.ann, 'one@example.test', { session, client, flow: 'x' }),
    () => requestEmailChange(deps, users.ann, 'two@example.test', { session, client, flow: 'x' }),
  )
  const changes = deps.db.selectFrom('email_changes').select('id').where('cancelled_at', 'is', null)
  expect(await changes.execute()).toHaveLength(1)
})

test('two requests at once write no more mails to an address than its limit allows', async () => {
  const { deps } = await annAndEveWithMail()
  deps.config.limits['mail-recipient'] = [{ max: 1, window: hours(1) }]
  await overlap(
    deps,
    ['Select', 'mail-recipient'],
    (deps) => requestMail(deps, 'reset-password', ann.email, client),
    () => requestMail(deps, 'reset-password', ann.email, client),
  )
  expect(await deps.db.selectFrom('mails').select('id').execute()).toHaveLength(1)
})

test('two exports at once do not exceed the limit of exports', async () => {
  const { deps, users } = await annAndEveWithMail()
  deps.config.limits['data-export'] = { source: [{ max: 1, window: days(1) }], network: [] }
  const results = await overlap(
    deps,
    ['Select', 'data-export'],
    (deps) => exportData(deps, users.ann, client),
    () => exportData(deps, users.ann, client),
  )
  expect(results.map(({ kind }) => kind)).toEqual(['ok', 'rate-limited'])
})

postgresTest('on PostgreSQL, an export shows the account at one moment', async () => {
  const { deps, users } = await annAndEveWithMail()
  const [exported] = await overlap(
    deps,
    ['Select', 'remember_series'],
    (deps) => exportData(deps, users.ann, client),
    () => addPasskey({ deps }, users.ann),
  )
  expect(exported).toMatchObject({ kind: 'ok', data: { passkeys: [] } })
  expect(await exportData(deps, users.ann, client)).toMatchObject({ data: { passkeys: [{ name: 'Laptop' }] } })
})

test('twenty claims at once over a hundred mails take each mail once', async () => {
  const { deps } = await annAndEveWithMail()
  for (let n = 0; n < 100; n++) await enqueueMail(deps, { kind: 'test', recipient: `zoe-${n}@example.test` })
  const claims = await Promise.all(Array.from({ length: 20 }, () => claimDueMails(deps)))
  const ids = claims.flat().map(({ id }) => id)
  expect([ids.length, new Set(ids).size]).toEqual([100, 100])
  expect(claims.map((mails) => mails.length)).toEqual(Array.from({ length: 20 }, () => 5))
  expect(await claimDueMails(deps)).toEqual([])
})

test('a mail that is claimed at this moment keeps no other claim waiting', async () => {
  const { deps } = await annAndEveWithMail()
  for (let n = 0; n < 10; n++) await enqueueMail(deps, { kind: 'test', recipient: `zoe-${n}@example.test` })
  const claim = (from = deps) => claimDueMails(from)
  const first = await deps.db
    .transaction()
    .execute(async (db) => [await claim({ ...deps, db }), testServer ? await claim() : []])
  expect(first.map((mails) => mails.length)).toEqual(testServer ? [5, 5] : [5, 0])
})
