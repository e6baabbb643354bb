import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { days, hours, minutes } from '@/lib/duration'
import { startCodeAttempt } from '@/model/limits/code-attempts'
import { recordEvent } from '@/model/security-events/security-events'
import { moveTo } from '../support/email-changes'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann } from '../support/people'

// The texts about second factors in the history and in mails.

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>
type Event = Parameters<typeof recordEvent>[1]

const OF_ANN = { userId: 'ann' }
const FACTOR = { ...OF_ANN, factorId: 'a factor' }

const EVENTS: [event: Event, sentence: string][] = [
  [
    { kind: 'second-step-required', ...OF_ANN, firstFactor: 'password' },
    'The password was entered. Two-step verification was required.',
  ],
  [
    { kind: 'second-step-failed', ...OF_ANN, method: 'totp', place: 'login', count: 1 },
    'Your password was entered, followed by 1 wrong code.',
  ],
  [
    { kind: 'second-step-failed', ...OF_ANN, method: 'totp', place: 'relogin', count: 1 },
    'In a session of yours, 1 wrong code was entered.',
  ],
  [
    { kind: 'second-step-failed', ...OF_ANN, method: 'recovery-code', place: 'reset-password', count: 1 },
    'A link from an email was opened, followed by 1 wrong code.',
  ],
  [
    { kind: 'second-step-required', ...OF_ANN, firstFactor: 'email-code' },
    'A code from an email was entered. Two-step verification was required.',
  ],
  [
    { kind: 'second-step-failed', ...OF_ANN, method: 'passkey', place: 'email-login', count: 1 },
    'A code from an email was entered, followed by 1 wrong code.',
  ],
  [{ kind: 'second-step-abandoned', ...OF_ANN }, 'A login with your password was not completed.'],
  [{ kind: 'codes-locked', ...OF_ANN }, 'Codes were disabled after 100 wrong ones.'],
  [{ kind: 'factor-added', ...FACTOR, factor: 'passkey' }, 'A passkey was added.'],
  [{ kind: 'factor-added', ...FACTOR, factor: 'authenticator-app' }, 'An authenticator app was added.'],
  [{ kind: 'factor-removed', ...FACTOR, factor: 'passkey', by: 'ann' }, 'A passkey was removed.'],
  [{ kind: 'factor-removed', ...FACTOR, factor: 'authenticator-app', by: 'ann' }, 'An authenticator app was removed.'],
  [{ kind: 'recovery-codes-created', ...OF_ANN }, 'New recovery codes were created.'],
  [{ kind: 'recovery-code-used', ...OF_ANN, left: 7 }, 'A recovery code was used. 7 left.'],
  [{ kind: 'two-step-enabled', ...OF_ANN }, 'Two-step verification was turned on.'],
  [{ kind: 'two-step-disabled', ...OF_ANN, by: 'ann' }, 'Two-step verification was turned off.'],
  [{ kind: 'browser-trusted', ...OF_ANN, sessionId: '1' }, 'A browser was set to skip two-step verification.'],
  [{ kind: 'trusted-browsers-revoked', ...OF_ANN }, 'All trusted browsers were removed.'],
  [{ kind: 'passkey-flagged', ...OF_ANN, factorId: 'x' }, 'A passkey was blocked because it may have been copied.'],
  [{ kind: 'password-set', ...OF_ANN }, 'A password was set.'],
  [{ kind: 'password-removed', ...OF_ANN }, 'The password was removed.'],
  [{ kind: 'factors-reset', ...OF_ANN, by: 'delayed' }, 'Two-step verification was reset.'],
  [{ kind: 'factor-reset-requested', ...OF_ANN }, 'Removal of two-step verification was requested.'],
  [
    { kind: 'factor-reset-confirmed', ...OF_ANN, dueAt: 0 },
    'The waiting period for removing two-step verification started.',
  ],
  [{ kind: 'factor-reset-cancelled', ...OF_ANN, by: 'ann' }, 'Removal of two-step verification was cancelled.'],
  [
    { kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'password totp' },
    'Logged in with a password and a code.',
  ],
  [
    { kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'password recovery-code' },
    'Logged in with a password and a recovery code.',
  ],
  [
    { kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'password security-key' },
    'Logged in with a password and a security key.',
  ],
  [
    { kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'password trusted-browser' },
    'Logged in with a password in a trusted browser.',
  ],
  [
    { kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'email-code totp', how: 'email-code' },
    'Logged in with a code from an email and a code.',
  ],
  [{ kind: 'logged-in', ...OF_ANN, sessionId: '1', remembered: false, amr: 'passkey' }, 'Logged in with a passkey.'],
  [{ kind: 'reauthenticated', ...OF_ANN, sessionId: '1', amr: 'password totp' }, 'Login confirmed.'],
]

const record = ({ deps, users }: Site, event: Event) =>
  recordEvent(deps, { ...event, userId: users.ann.id }, { userAgent: 'Firefox', ip: '203.0.113.…' })

const activityOf = async (site: Site) => (await (await site.as(ann)).get('/settings/activity')).html

const WARNINGS: Event['kind'][] = [
  'second-step-failed',
  'second-step-abandoned',
  'codes-locked',
  'passkey-flagged',
  'factors-reset',
  'factor-reset-requested',
  'factor-reset-confirmed',
]

test.each(EVENTS)('the history shows %j as a sentence, and marks it if the user must check it', async (event, text) => {
  const site = await annAndEveWithMail()
  await record(site, event)
  const html = await activityOf(site)
  expect(html).toContain(text)
  expect(html.includes('Check this')).toBe(WARNINGS.includes(event.kind))
})

test('wrong codes within an hour are one row with their number', async () => {
  const site = await annAndEveWithMail()
  const failed: Event = { kind: 'second-step-failed', ...OF_ANN, method: 'totp', place: 'login', count: 1 }
  for (let i = 0; i < 3; i++) await record(site, failed)
  for (let i = 0; i < 2; i++) await record(site, { ...failed, place: 'relogin' })
  const html = await activityOf(site)
  expect(html).toContain('Your password was entered, followed by 3 wrong codes.')
  expect(html).toContain('In a session of yours, 2 wrong codes were entered.')
  site.advance(hours(1))
  await record(site, failed)
  expect(await activityOf(site)).toContain('followed by 1 wrong code.')
})

test('a declined offer of a passkey is stored and not shown', async () => {
  const site = await annAndEveWithMail()
  await record(site, { kind: 'passkey-declined', ...OF_ANN })
  const rows = await site.deps.db.selectFrom('security_events').select('kind').execute()
  expect(rows.map(({ kind }) => kind)).toContain('passkey-declined')
  expect(await activityOf(site)).not.toContain('Unknown event')
})

const MAILS: [event: Event, subject: string, text: string][] = [
  [
    { kind: 'factor-added', ...FACTOR, factor: 'passkey' },
    'A verification method was added',
    `A passkey was added to your ${branding.name} account.`,
  ],
  [
    { kind: 'factor-removed', ...FACTOR, factor: 'authenticator-app', by: 'ann' },
    'A verification method was removed',
    `An authenticator app was removed from your ${branding.name} account.`,
  ],
  [{ kind: 'two-step-enabled', ...OF_ANN }, 'Two-step verification is on', 'You now need a second step to log in.'],
  [
    { kind: 'two-step-disabled', ...OF_ANN, by: 'ann' },
    'Two-step verification is off',
    'Your password alone is now enough to log in.',
  ],
  [
    { kind: 'recovery-codes-created', ...OF_ANN },
    'New recovery codes were created',
    'Your old recovery codes no longer work.',
  ],
  [{ kind: 'recovery-code-used', ...OF_ANN, left: 3 }, 'A recovery code was used', 'You have 3 left.'],
  [{ kind: 'codes-locked', ...OF_ANN }, 'Codes are disabled for your account', '100 wrong codes in a row'],
  [
    { kind: 'second-step-abandoned', ...OF_ANN },
    'Someone knows your password',
    'Someone entered your correct password',
  ],
  [
    { kind: 'passkey-flagged', ...OF_ANN, factorId: 'x' },
    'A passkey was blocked',
    'One of your passkeys may have been copied',
  ],
  [
    { kind: 'password-set', ...OF_ANN },
    'Your password was changed',
    `A password was set for your ${branding.name} account.`,
  ],
  [
    { kind: 'password-removed', ...OF_ANN },
    'Your password was changed',
    `The password of your ${branding.name} account was removed`,
  ],
  [
    { kind: 'factors-reset', ...OF_ANN, by: 'command line' },
    'Two-step verification was removed',
    'An administrator removed all verification methods',
  ],
  [
    { kind: 'factors-reset', ...OF_ANN, by: 'delayed' },
    'Two-step verification was removed',
    'As requested, we removed all verification methods',
  ],
]

const flat = (text = '') => text.replaceAll(/\s+/g, ' ')

test.each(MAILS)('%j sends a mail with a link for a user who did not do this', async (event, subject, text) => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.codes.max = 1
  await startCodeAttempt(site.deps, site.users.ann, { fingerprint: '', userAgent: '', ip: '' }) // no code works now
  await record(site, event)
  await site.deliverMail()
  expect(site.mailbox.mails.map((mail) => [mail.to, mail.subject])).toEqual([[ann.email, subject]])
  const [mail] = site.mailbox.mails
  expect(flat(mail?.text)).toContain(text)
  expect(mail?.text).toMatch(/\/secure-account\?token=[\w-]{43}/)
  expect(mail?.text).toContain('203.0.113.…')
})

test('a mail about a second factor also goes to a previous address while the change can be undone', async () => {
  const site = await annAndEveWithMail()
  await moveTo(site, site.users.ann, 'moved@example.test')
  await site.deliverMail()
  site.mailbox.mails.length = 0
  await record(site, { kind: 'two-step-disabled', ...OF_ANN, by: 'ann' })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to }) => to).toSorted()).toEqual([ann.email, 'moved@example.test'])
  site.advance(days(7))
  site.mailbox.mails.length = 0
  await record(site, { kind: 'two-step-disabled', ...OF_ANN, by: 'ann' })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to }) => to)).toEqual(['moved@example.test'])
})

test('the link in a mail to a previous address offers to restore that address', async () => {
  const site = await annAndEveWithMail()
  await moveTo(site, site.users.ann, 'moved@example.test')
  await site.deliverMail()
  site.mailbox.mails.length = 0
  await record(site, { kind: 'two-step-disabled', ...OF_ANN, by: 'ann' })
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ to }) => to === ann.email)
  const token = /token=([\w-]{43})/.exec(mail?.text ?? '')?.[1]
  const visitor = site.browser()
  await visitor.get(`/secure-account?token=${token}`)
  expect((await visitor.get('/secure-account')).html).toContain(`We’ll also restore <strong><bdi>${ann.email}</bdi>`)
})

test('different factors are reported by different mails, and a repeated one waits', async () => {
  const site = await annAndEveWithMail()
  const added = (factor: 'passkey' | 'authenticator-app') => record(site, { kind: 'factor-added', ...FACTOR, factor })
  await added('passkey')
  await added('authenticator-app')
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(2)
  await added('passkey')
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(2)
  site.advance(minutes(10))
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(3)
})

test('logins that stop at the second step send one mail a day', async () => {
  const site = await annAndEveWithMail()
  const abandoned: Event = { kind: 'second-step-abandoned', ...OF_ANN }
  for (let i = 0; i < 3; i++) {
    await record(site, abandoned)
    site.advance(hours(1))
    await site.deliverMail()
  }
  expect(site.mailbox.mails).toHaveLength(1)
  site.advance(days(1))
  await record(site, abandoned)
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(2)
})
