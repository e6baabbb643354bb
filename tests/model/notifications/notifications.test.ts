import { expect, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { changePassword } from '@/model/accounts/change-password'
import { changeEmailOf } from '@/model/accounts/change-email'
import { markVerified } from '@/model/accounts/verify-email'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { remindOfDeletion } from '@/model/accounts/request-deletion'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { claimDueMails } from '@/model/mails/claim-mails'
import { mailSummary } from '@/model/mails/mails'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { changeRole } from '@/model/users/roles'
import { recordEvent } from '@/model/security-events/security-events'
import { smtpErrors } from '../../support/mailbox'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../../support/one-time-links'
import { ann, annAndEve, eve } from '../../support/people'
import type { Site } from '../../support/site'
import { statementsDuring } from '../../support/statements'

type People = Awaited<ReturnType<typeof annAndEveWithMail>>

const subjects = ({ mailbox }: Site) => mailbox.mails.map(({ subject }) => subject)
const flat = (text = '') => text.replaceAll(/\s+/g, ' ')

const createToken = ({ deps, users }: People) =>
  createApiToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })

async function setPassword({ deps, users }: People, by: string) {
  await inTransaction(deps, (deps) => changePassword(deps, users.ann, 'a hash', by), { locks: userLocks(users.ann) })
}

/** Steals the cookies of a remembered device, and uses them after the device did. */
async function reuseRememberToken(site: People) {
  const device = site.browser()
  await device.post('/login', { ...ann, remember: 'yes' })
  device.close()
  const attacker = device.copy('Attacker')
  await device.get('/profile')
  device.close()
  await device.get('/profile')
  site.advance(minutes(10))
  await attacker.get('/profile')
}

async function logInElsewhere(site: People) {
  await site.browser('Firefox').post('/login', ann)
  await site.browser('Chrome').post('/login', ann)
}

async function lock({ deps, browser }: People) {
  deps.config.limits.account.max = 2
  for (let i = 0; i < 3; i++) await browser().post('/login', { ...ann, password: 'wrong' })
}

async function resetPassword(site: People, browser = site.browser()) {
  site.advance(1)
  await openLink(browser, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  await useOpened(browser, 'reset-password')
}

const post = async (site: People, path: string, fields = {}) => (await site.as(ann)).post(path, fields)

const CASES: [event: string, subject: string, text: string, act: (site: People) => unknown][] = [
  ['new-device', 'New login to your account', 'from a browser you haven’t used before', logInElsewhere],
  [
    'password-changed',
    'Your password was changed',
    'all other sessions were logged out',
    (site) => post(site, '/settings/password', { password: ann.password, new_password: 'five boxing wizards' }),
  ],
  ['password-changed', 'Your password was changed', 'all other sessions were logged out', resetPassword],
  ['token-created', 'New API token', 'Review your tokens', createToken],
  ['remember-token-reused', 'Your login may have been copied', 'We logged that device out.', reuseRememberToken],
  ['account-locked', 'Your account is locked', 'Someone entered 100 wrong passwords in a row.', lock],
  ['data-exported', 'Your data was downloaded', 'downloaded its data', (site) => post(site, '/settings/export')],
  [
    'notification-muted',
    'New-login emails are off',
    'You won’t get an email any more when someone logs in from a new browser.',
    (site) => post(site, '/settings/notifications'),
  ],
  [
    'role-changed',
    'An administrator changed your account',
    'Your role is now support.',
    ({ deps, users }) => changeRole(deps, users.ann, 'support', 'command line'),
  ],
  [
    'user-deactivated',
    'An administrator changed your account',
    'Your account was deactivated.',
    ({ deps, users }) => deactivateUser(deps, users.ann, users.eve.id),
  ],
  [
    'sessions-revoked',
    'An administrator changed your account',
    'All your sessions were logged out.',
    async (site) => {
      await site.as(ann)
      await revokeSessionsOf(site.deps, site.users.ann, site.users.eve.id)
    },
  ],
  [
    'password-changed',
    'An administrator changed your account',
    'Your password was changed.',
    (site) => setPassword(site, 'command line'),
  ],
  [
    'email-verified',
    'An administrator changed your account',
    'Your email address was marked as confirmed.',
    ({ deps, users }) => markVerified(deps, users.ann, users.eve.id),
  ],
  [
    'deletion-requested',
    'Your account will be deleted',
    'Keep my account',
    (site) => post(site, '/settings/delete', { email: ann.email }),
  ],
]

test.each(CASES)('%s is reported once, to its user only: %s, %s', async (event, subject, text, act) => {
  const site = await annAndEveWithMail()
  await act(site)
  expect(site.events.filter(({ kind }) => kind === event)).toHaveLength(1)
  await site.deliverMail()
  site.advance(days(1))
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => [to, subject])).toEqual([[ann.email, subject]])
  expect(flat(site.mailbox.mails[0]?.text)).toContain(text)
})

test.each(CASES.filter(([event, , , act]) => event !== 'notification-muted' && act !== resetPassword))(
  'while mail is off, %s writes no mail: %s, %s',
  async (event, _subject, _text, act) => {
    const site = await annAndEve()
    await act(site)
    expect(site.events.filter(({ kind }) => kind === event)).toHaveLength(1)
    expect(await site.deps.db.selectFrom('mails').selectAll().execute()).toEqual([])
  },
)

test('while mail is off, an event reads no user for its mail', async () => {
  const site = await annAndEve()
  const event = { kind: 'data-exported', userId: site.users.ann.id } as const
  const statements = await statementsDuring(site.deps, () => recordEvent(site.deps, event))
  expect(statements.join()).toContain('insert into "security_events"')
  expect(statements.join()).not.toContain('"users"')
})

test('a reactivated user is told, and a user who ends other sessions is not', async () => {
  const site = await annAndEveWithMail()
  await deactivateUser(site.deps, site.users.ann, 'command line')
  await activateUser(site.deps, site.users.ann, 'command line')
  await site.as(ann)
  await post(site, '/settings/sessions/end-others')
  expect(site.events.at(-1)).toEqual({ kind: 'sessions-revoked', userId: site.users.ann.id, by: site.users.ann.id })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ text }) => flat(text).split('.')[0]).toSorted()).toEqual([
    'Your account was deactivated',
    'Your account was reactivated',
  ])
})

test('an event that is rolled back leaves no mail', async () => {
  const site = await annAndEveWithMail()
  const rolledBack = inTransaction(
    site.deps,
    async (deps) => {
      await recordEvent(deps, { kind: 'data-exported', userId: site.users.ann.id })
      throw new Error('rolled back')
    },
    { locks: [] },
  )
  expect(rolledBack).rejects.toThrow('rolled back')
  await rolledBack.catch(() => undefined)
  await site.deliverMail()
  expect(subjects(site)).toEqual([])
})

// --------------------------------------------------------------------------------------------------- new browsers

test('neither the first login of an account nor a login from a used browser is reported', async () => {
  const site = await annAndEveWithMail()
  for (let i = 0; i < 2; i++) await site.browser('Firefox').post('/login', ann)
  await site.deliverMail()
  expect(subjects(site)).toEqual([])
})

async function resetAnn(site: People) {
  await site.browser('Firefox').post('/login', ann)
  await resetPassword(site, site.browser('Chrome'))
  site.advance(1)
  return { ...ann, password: 'five boxing wizards' }
}

test('the login right after a reset is not reported, and the next one from a new browser is', async () => {
  const site = await annAndEveWithMail()
  const changed = await resetAnn(site)
  await site.browser('Chrome').post('/login', changed)
  expect(site.events.filter(({ kind }) => kind === 'new-device')).toHaveLength(1)
  await site.deliverMail()
  expect(subjects(site)).toEqual(['Your password was changed'])
  await site.browser('Opera').post('/login', changed)
  await site.deliverMail()
  expect(subjects(site)).toEqual(['Your password was changed', 'New login to your account'])
})

test.each([
  [hours(1) - 2, 0],
  [hours(1) - 1, 1],
])('a first login %i ms after a reset gives %i mails', async (ms, count) => {
  const site = await annAndEveWithMail()
  const changed = await resetAnn(site)
  site.advance(ms)
  await site.browser('Chrome').post('/login', changed)
  await site.deliverMail()
  expect(subjects(site).filter((subject) => subject === 'New login to your account')).toHaveLength(count)
})

test('a user who turned the mails about logins off still gets all others', async () => {
  const site = await annAndEveWithMail()
  await post(site, '/settings/notifications')
  await logInElsewhere(site)
  await site.browser('Firefox').post('/login', eve)
  await site.browser('Chrome').post('/login', eve)
  await createToken(site)
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => [to, subject]).toSorted()).toEqual([
    [ann.email, 'New API token'],
    [ann.email, 'New-login emails are off'],
    [eve.email, 'New login to your account'],
  ])
})

// -------------------------------------------------------------------------------------------------- repeats, limits

test('repeats within ten minutes become one mail with their number', async () => {
  const site = await annAndEveWithMail()
  await createToken(site)
  await site.deliverMail()
  for (let i = 0; i < 7; i++) {
    site.advance(minutes(1))
    await createToken(site)
    await site.deliverMail()
  }
  expect(subjects(site)).toEqual(['New API token'])
  site.advance(minutes(3) - 1)
  await site.deliverMail()
  expect(subjects(site)).toHaveLength(1)
  site.advance(1)
  await site.deliverMail()
  expect(
    site.mailbox.mails.map(({ text, html }) => [text, html].map((part) => /This happened \d+ times\./.exec(part)?.[0])),
  ).toEqual([
    [undefined, undefined],
    ['This happened 7 times.', 'This happened 7 times.'],
  ])
  expect(site.mailbox.mails[1]?.text).toContain('12:07')
})

test('a repeat joins the mails of its own user and kind only', async () => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  await createToken(site)
  await createApiToken(deps, users.eve, { name: 'x', scopes: [], lifetime: days(1) })
  await recordEvent(deps, { kind: 'data-exported', userId: users.ann.id })
  for (const role of ['support', 'admin'] as const) await changeRole(deps, users.ann, role, 'command line')
  await deactivateUser(deps, users.eve, 'command line')
  await site.deliverMail()
  await activateUser(deps, users.eve, 'command line')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => [to, subject]).toSorted()).toEqual([
    [ann.email, 'An administrator changed your account'],
    [ann.email, 'New API token'],
    [ann.email, 'Your data was downloaded'],
    [eve.email, 'An administrator changed your account'],
    [eve.email, 'An administrator changed your account'],
    [eve.email, 'New API token'],
  ])
  const roles = site.mailbox.mails.find(({ to, subject }) => to === ann.email && subject.startsWith('An admin'))
  expect(flat(roles?.text)).toContain('Your role is now admin. This happened 2 times.')
})

test('an event while the mail of the last one is being sent gets a mail of its own', async () => {
  const site = await annAndEveWithMail()
  await createToken(site)
  expect(await claimDueMails(site.deps)).toHaveLength(1)
  await createToken(site)
  site.advance(minutes(10))
  await site.deliverMail()
  expect(subjects(site)).toEqual(['New API token', 'New API token'])
  expect(site.mailbox.mails.map(({ text }) => text).join('')).not.toContain('This happened')
})

test('beyond five mails per hour and twenty per day, events are counted into the next mail', async () => {
  const site = await annAndEveWithMail()
  let reported = 0
  const counts: number[] = []
  const countMails = async () => {
    await site.deliverMail()
    const sent = site.mailbox.mails.splice(0)
    for (const { text } of sent) reported += Number(/This happened (\d+) times/.exec(text)?.[1] ?? 1)
    return sent.length
  }
  let events = 0
  for (let hour = 0; hour < 24; hour++) {
    let count = 0
    for (let minute = 0; minute < 60; minute += 5) {
      await recordEvent(site.deps, { kind: 'data-exported', userId: site.users.ann.id })
      events++
      count += await countMails()
      site.advance(minutes(5))
    }
    counts.push(count)
  }
  expect(Math.max(...counts)).toBe(5)
  expect(counts.reduce((sum, count) => sum + count)).toBe(20)
  expect(reported).toBeLessThan(events)
  site.advance(days(1))
  expect(await countMails()).toBe(1)
  expect(reported).toBe(events)
})

test('a mail that waits for its turn is not overdue', async () => {
  const site = await annAndEveWithMail()
  await createToken(site)
  await site.deliverMail()
  await createToken(site)
  expect(await mailSummary(site.deps)).toMatchObject({ waiting: 1, oldestAt: null })
  site.advance(minutes(10))
  const oldestAt = site.deps.now()
  expect(await mailSummary(site.deps)).toMatchObject({ waiting: 1, oldestAt })
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  await site.deliverMail()
  expect((await mailSummary(site.deps)).oldestAt).toBeLessThanOrEqual(oldestAt)
})

// --------------------------------------------------------------------------------------------------- what is prepared

test('a mail goes only to the current address, and also after the password was changed', async () => {
  const site = await annAndEveWithMail()
  await createToken(site)
  await setPassword(site, site.users.ann.id)
  await site.deliverMail()
  expect(subjects(site).toSorted()).toEqual(['New API token', 'Your password was changed'])
  site.advance(minutes(10))
  await createToken(site)
  await site.deps.db
    .updateTable('users')
    .set({ email: 'ann@new.example.test', canonical_email: 'ann@new.example.test' })
    .where('id', '=', site.users.ann.id)
    .execute()
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(2)
})

// An admin who confirms the address, and a user who resets the password by mail, prove that it is theirs.
const DECLINED_CASES = CASES.filter(([event, , , act]) => event !== 'email-verified' && act !== resetPassword)

test.each(DECLINED_CASES)(
  'an address whose owner declined the account gets no mail: %s, %s, %s',
  async (_1, _2, _3, act) => {
    const site = await annAndEveWithMail()
    await site.deps.db.updateTable('users').set({ email_declined_at: 1 }).where('id', '=', site.users.ann.id).execute()
    await act(site)
    await site.deliverMail()
    expect(subjects(site)).toEqual([])
  },
)

test.each([
  ['is unlocked', (site: People) => resetAnn(site)],
  ['is deactivated', ({ deps, users }: People) => deactivateUser(deps, users.ann, 'command line')],
])('no mail about a locked account is sent once it %s', async (_, act) => {
  const site = await annAndEveWithMail()
  await lock(site)
  await act(site)
  await site.deliverMail()
  expect(subjects(site)).not.toContain('Your account is locked')
})

test('an unknown address that is locked gets no mail', async () => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.account.max = 2
  for (let i = 0; i < 3; i++) await site.browser().post('/login', { email: 'zoe@example.test', password: 'wrong' })
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
  expect(await site.deps.db.selectFrom('mails').select(['error_code', 'recipient']).execute()).toEqual([
    { error_code: 'outdated', recipient: '' },
  ])
})

test('the mail about a locked account carries a link that resets the password', async () => {
  const site = await annAndEveWithMail()
  await lock(site)
  await site.deliverMail()
  const [, token = ''] = /token=([\w-]+)/.exec(site.mailbox.mails[0]?.text ?? '') ?? []
  const browser = site.browser()
  await openLink(browser, 'reset-password', token)
  expect((await useOpened(browser, 'reset-password')).to).toBe('/login')
  const reset = { ...ann, password: 'five boxing wizards' }
  expect((await site.browser('New').post('/login', reset)).to).toBe('/profile')
})

test('each link "This wasn’t me" carries the event that its mail reports', async () => {
  const site = await annAndEveWithMail()
  const at = site.deps.now()
  for (const [event, , , act] of CASES.slice(0, 2)) expect([event, await act(site)]).toBeDefined()
  await site.deliverMail()
  const tokens = site.deps.db.selectFrom('one_time_tokens').select(['purpose', 'user_id', 'event']).orderBy('event')
  expect(
    (await tokens.execute()).map(({ event, ...token }) => ({ ...token, event: JSON.parse(event ?? '{}') })),
  ).toEqual([
    {
      purpose: 'secure-account',
      user_id: site.users.ann.id,
      event: { kind: 'new-device', at, browser: 'Chrome' },
    },
    {
      purpose: 'secure-account',
      user_id: site.users.ann.id,
      event: { kind: 'password-changed', at, browser: 'an unknown browser' },
    },
  ])
})

test('the link of a reminder names the request of the deletion', async () => {
  const site = await annAndEveWithMail({ DELETION_GRACE_SECONDS: `${days(2) / 1000}` })
  const at = site.deps.now()
  await post(site, '/settings/delete', { email: ann.email })
  await site.deliverMail()
  site.advance(days(1))
  await remindOfDeletion(site.deps)
  await site.deliverMail()
  expect(subjects(site)).toEqual(['Your account will be deleted', 'Your account will be deleted tomorrow'])
  const tokens = await site.deps.db.selectFrom('one_time_tokens').select('event').execute()
  expect(tokens.map(({ event }) => JSON.parse(event ?? '{}'))).toMatchObject([
    { kind: 'deletion-requested', at },
    { kind: 'deletion-requested', at },
  ])
})

test('a change of the address by the command line is reported to both addresses', async () => {
  const site = await annAndEveWithMail()
  await changeEmailOf(site.deps, site.users.ann, 'ann@new.example.test', 'command line')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => [to, subject]).toSorted()).toEqual([
    [ann.email, 'Your email address was changed'],
    ['ann@new.example.test', 'An administrator changed your account'],
  ])
  const toNew = site.mailbox.mails.find(({ to }) => to === 'ann@new.example.test')
  expect(flat(toNew?.text)).toContain('Your email address was changed.')
})

test('a mail that waits for a retry is joined by no later event', async () => {
  const site = await annAndEveWithMail()
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  await createToken(site)
  for (let i = 0; i < 3; i++) {
    await site.deliverMail()
    site.advance(minutes(20))
  }
  const keys = await site.deps.db.selectFrom('mails').select(['id', 'dedupe_key', 'attempt_count']).execute()
  expect(keys).toEqual([
    { id: expect.any(String), dedupe_key: `${site.users.ann.id} token-created ${keys[0]?.id}`, attempt_count: 3 },
  ])
  site.mailbox.refuseWith()
  await createToken(site)
  site.advance(hours(2))
  await site.deliverMail()
  expect(subjects(site)).toEqual(['New API token', 'New API token'])
  expect(site.mailbox.mails.map(({ text }) => text).join('')).not.toContain('This happened')
})
