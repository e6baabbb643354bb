import { expect } from 'bun:test'
import { adminTest } from '../support/features'
import { eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

const CHANGED = 'An administrator changed your account'

/** The change of an admin to eve's account, the event, and the mail to her. */
const CHANGES: [path: string, fields: Record<string, string>, event: string, subject: string, text: string][] = [
  ['/role', { role: 'support' }, 'role-changed', CHANGED, 'Your role is now support.'],
  ['/end-sessions', {}, 'sessions-revoked', CHANGED, 'All your sessions were logged out.'],
  ['/deactivate', {}, 'user-deactivated', CHANGED, 'Your account was deactivated.'],
  ['/activate', {}, 'user-activated', CHANGED, 'Your account was reactivated.'],
  ['/email', { email: 'eve@new.example.test' }, 'email-changed', CHANGED, 'Your email address was changed.'],
  ['/verify-email', {}, 'email-verified', CHANGED, 'Your email address was marked as confirmed.'],
  ['/send-reset', {}, 'password-reset-requested', 'Reset your password', 'Choose a new password'],
  ['/delete', {}, 'deletion-requested', 'Your account will be deleted', 'Keep my account'],
  ['/cancel-deletion', {}, 'deletion-cancelled', 'Your account will not be deleted', 'The deletion of your'],
]

adminTest('every change of an admin leaves an event and tells the user, and shows the admin no link', async () => {
  const { anns, pageOf, users, events, mailbox, deliverMail } = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  let address = eve.email
  for (const [path, fields, event, subject, text] of CHANGES) {
    events.length = 0
    mailbox.mails.length = 0
    expect(await anns.post(pageOf('eve') + path, fields)).toMatchObject({ status: 303, to: pageOf('eve') })
    const { html } = await anns.get(pageOf('eve'))
    expect(html).not.toContain('token=')
    const recorded = events.filter(({ kind }) => kind === event)
    expect(recorded).toMatchObject([{ kind: event, userId: users.eve.id, by: users.ann.id }])
    address = fields.email ?? address
    await deliverMail()
    const received = mailbox.mails.filter(({ to }) => to === address)
    expect(received.map(({ subject }) => subject)).toEqual([subject])
    expect(received[0]?.text.replaceAll('\n', ' ')).toContain(text)
    expect(received[0]?.text).not.toContain('Browser:')
  }
})

adminTest('support sees the user and changes nothing', async () => {
  const { sues, pageOf, deps, events } = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  expect((await sues.get(pageOf('eve'))).status).toBe(200)
  events.length = 0
  for (const [path, fields] of CHANGES) expect((await sues.post(pageOf('eve') + path, fields)).status).toBe(403)
  expect(events.filter(({ kind }) => kind !== 'access-denied')).toEqual([])
  expect(await deps.db.selectFrom('mails').selectAll().execute()).toEqual([])
})

adminTest('an admin who sends a mail again need not wait', async () => {
  const { anns, pageOf, deps, mailbox, deliverMail } = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  await deps.db.updateTable('users').set({ email_verified_at: null }).execute()
  for (let i = 0; i < 2; i++)
    for (const path of ['/send-reset', '/send-verification']) await anns.post(pageOf('eve') + path)
  await deliverMail()
  expect(mailbox.mails.map(({ subject }) => subject).toSorted()).toEqual([
    'Confirm your email address',
    'Confirm your email address',
    'Reset your password',
    'Reset your password',
  ])
})
