import { expect, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { deleteAccountNow } from '@/model/accounts/delete-account'
import { resetFactors } from '@/model/accounts/factors/reset-factors'
import { deleteBatch, FIRST_CURSOR, type Cursor } from '@/model/retention/retention'
import { user } from '../support/command-line'
import { dumpDatabase } from '../support/dump-database'
import {
  annsPassword,
  annWhoLostFactors,
  annWithDueReset,
  requestReset,
  RESET,
  startWaiting,
} from '../support/factor-resets'
import { addPasskey } from '../support/passkeys'
import { ann, annAndEve, eve } from '../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import type { Site } from '../support/site'

// Stored second factors: in the export, after a deletion, and until they expire. Also the recovery hold after a reset.

async function runRetention({ deps }: Pick<Site, 'deps'>) {
  for (let cursor: Cursor | undefined = FIRST_CURSOR; cursor;) cursor = await deleteBatch(deps, cursor)
}

test('the file of the user has the factors with names and times, and no secret, key or handle', async () => {
  const site = await annWhoLostFactors()
  await addPasskey(site, site.users.ann, { name: 'My laptop' })
  const trusted = await annsPassword(site)
  await trusted.post('/login/second-step', { code: await site.app.code(), trust: 'yes' })
  await startWaiting(site)
  const anns = await site.as(ann)
  await site.deps.db.updateTable('sessions').set({ second_factor_at: site.deps.now() }).execute()
  const { html } = await anns.post('/settings/export')
  const data = JSON.parse(html)
  const at = '2030-01-01T12:00:00.000Z'
  expect(data.passkeys).toEqual([{ name: 'My laptop', created_at: at, last_used_at: null, blocked_at: null }])
  expect(data.authenticator_apps).toEqual([{ name: 'Phone', created_at: at, confirmed_at: at, last_used_at: at }])
  expect([data.recovery_codes_left, data.trusted_browsers]).toEqual([10, 1])
  expect(data.account.two_step_verification_since).toBe(at)
  expect(data.removal_of_two_step_verification).toEqual({
    requested_at: at,
    confirmed_at: at,
    due_at: '2030-01-04T12:00:00.000Z',
    completed_at: null,
  })
  expect(data.sessions.map(({ methods }: { methods: string[] }) => methods)).toContainEqual(['password', 'totp'])
  const { db } = site.deps
  const passkey = await db.selectFrom('passkeys').selectAll().executeTakeFirstOrThrow()
  const app = await db.selectFrom('authenticator_apps').selectAll().executeTakeFirstOrThrow()
  const codes = await db.selectFrom('recovery_codes').selectAll().execute()
  const { passkey_user_handle } = await db
    .selectFrom('users')
    .select('passkey_user_handle')
    .where('id', '=', site.users.ann.id)
    .executeTakeFirstOrThrow()
  const secrets = [
    passkey.public_key,
    passkey.credential_id,
    passkey_user_handle,
    app.secret_ciphertext,
    site.app.secret,
    ...site.codes,
    ...codes.flatMap(({ code_hash, salt }) => [code_hash, salt]),
  ]
  for (const secret of secrets) expect(html).not.toContain(`${secret}`)
})

test('after the deletion of an account no table has anything about its factors', async () => {
  const site = await annWhoLostFactors()
  await addPasskey(site, site.users.ann)
  const attacker = await annsPassword(site, 'Attacker')
  for (let i = 0; i < 3; i++) await attacker.post('/login/second-step', { code: '000000' })
  await startWaiting(site)
  await annsPassword(site)
  await deleteAccountNow(site.deps, site.users.ann, 'command line')
  await site.deliverMail()
  const left = await dumpDatabase(site)
  const empty = ['passkeys', 'authenticator_apps', 'recovery_codes', 'pending_logins', 'factor_resets'] as const
  for (const table of empty) expect([table, left[table]]).toEqual([table, []])
  const text = JSON.stringify(left)
  const { id } = site.users.ann
  for (const trace of [id, sha256(id), sha256(`second-factor ${id}`), ann.email]) expect(text).not.toContain(trace)
})

test('unfinished factors and requests are deleted at their end, and confirmed ones stay', async () => {
  const site = await annWhoLostFactors()
  await requestReset(site)
  const { createUnconfirmedApp } = await import('@/model/authenticator-apps/set-up')
  const { addRecoveryCodes, createRecoveryCodes } = await import('@/model/recovery-codes/recovery-codes')
  await createUnconfirmedApp(site.deps, site.users.ann)
  await addRecoveryCodes(site.deps, site.users.ann, await createRecoveryCodes(site.deps))
  await site.deps.db
    .insertInto('used_challenges')
    .values({ challenge_hash: 'a', expires_at: site.deps.now() + minutes(5) })
    .execute()
  const tables = ['used_challenges', 'authenticator_apps', 'recovery_codes', 'factor_resets', 'pending_logins'] as const
  const counts = async () => {
    await runRetention(site)
    const rows = tables.map((table) => site.deps.db.selectFrom(table).selectAll().execute())
    return (await Promise.all(rows)).map(({ length }) => length)
  }
  expect(await counts()).toEqual([1, 2, 20, 1, 1])
  site.advance(minutes(5))
  expect(await counts()).toEqual([0, 2, 20, 1, 0])
  site.advance(minutes(10))
  expect(await counts()).toEqual([0, 1, 10, 1, 0])
  site.advance(days(2) - minutes(15) - 1)
  expect((await counts())[3]).toBe(1)
  site.advance(1)
  expect((await counts())[3]).toBe(0)
})

test('a reset that was completed or forgotten is deleted 30 days later, and a running one stays', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  const count = async () => {
    await runRetention(site)
    return (await site.deps.db.selectFrom('factor_resets').select('id').execute()).length
  }
  site.advance(days(3))
  expect(await count()).toBe(1)
  site.advance(days(30) - 1)
  expect(await count()).toBe(1)
  site.advance(1)
  expect(await count()).toBe(0)
})

// The recovery hold

test('after a reset of the factors, sensitive changes wait, and the page says why', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  await resetFactors(site.deps, site.users.ann, 'command line')
  const app = await addApp(site, site.users.ann)
  const anns = await site.as(ann)
  const held = await anns.post(`/settings/security/app/${app.id}/remove`)
  expect(held.status).toBe(409)
  expect(held.html).toContain('Two-step verification was removed from your account')
  expect((await anns.post('/settings/email', { email: 'new@example.test' })).status).toBe(409)
  site.advance(days(3))
  const later = await site.as(ann)
  expect((await later.post(`/settings/security/app/${app.id}/remove`)).status).not.toBe(409)
})

test('after a password reset by mail, the page names the password', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  await resetFactors(site.deps, site.users.ann, 'command line')
  site.advance(hours(1))
  await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
  const { status, html } = await (await site.as(ann)).post('/settings/email', { email: 'new@example.test' })
  expect([status, html.includes('Your password was reset by email')]).toEqual([409, true])
})

test('while the hold runs, two-step verification and a passkey stay', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  await resetFactors(site.deps, site.users.ann, 'command line')
  const passkey = await addPasskey(site, site.users.ann)
  await addCodes(site, site.users.ann)
  const anns = await site.as(ann)
  expect((await anns.post(`/settings/security/passkeys/${passkey.id}/remove`)).status).toBe(409)
  expect((await anns.post('/settings/security/password/remove')).status).toBe(409)
  await turnOnTwoStep(site, site.users.ann)
  const twoFactors = await site.as(ann, { amr: ['passkey'] })
  expect((await twoFactors.post('/settings/security/two-step/off', { confirmed: 'yes' })).status).toBe(409)
})

test('the first login after a reset of the factors is reported, unlike that after a new password', async () => {
  const site = await annWhoLostFactors()
  const known = await annsPassword(site, 'Firefox')
  await known.post('/login/second-step', { code: await site.app.code() })
  const finishing = await annWithDueReset(site)
  await finishing.post(RESET, { action: 'finish' })
  await site.deliverMail()
  site.mailbox.mails.length = 0
  await site.browser('Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0').post('/login', ann)
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toContain('New login to your account')
})

test('a reset by the command line holds the account as well', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  await user(site, ['reset-two-step', eve.email])
  expect((await (await site.as(eve)).post('/settings/email', { email: 'new@example.test' })).status).toBe(409)
})
