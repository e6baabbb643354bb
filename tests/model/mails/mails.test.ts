import { expect, test } from 'bun:test'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { maskEmail, maskEmails } from '@/lib/mask-email'
import { openMailJob } from '@/mail-job'
import { claimDueMails } from '@/model/mails/claim-mails'
import { recordFailure, recordSent } from '@/model/mails/record-delivery'
import { cancelMail, enqueueMail, listMails, mailSummary, retryMail, retryMails } from '@/model/mails/mails'
import { smtpErrors } from '../../support/mailbox'
import { ann, createPeople } from '../../support/people'
import { mailSite } from '../../support/site'

const openMailSite = async () => createPeople(await mailSite())
type MailSite = Awaited<ReturnType<typeof openMailSite>>

const queueTest = ({ deps }: MailSite, recipient = ann.email) => enqueueMail(deps, { kind: 'test', recipient })
const findRow = ({ deps }: MailSite, id: string) =>
  deps.db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('a claim takes the five mails that are due longest, and a second claim takes others', async () => {
  const site = await openMailSite()
  const ids: string[] = []
  for (let i = 0; i < 8; i++) {
    ids.push(await queueTest(site))
    site.advance(1)
  }
  const claims = [await claimDueMails(site.deps), await claimDueMails(site.deps), await claimDueMails(site.deps)]
  expect(claims.map((mails) => mails.map(({ id }) => id).toSorted())).toEqual([
    ids.slice(0, 5).toSorted(),
    ids.slice(5).toSorted(),
    [],
  ])
})

test('a lease lasts two minutes, unless the clock was wrong when it began', async () => {
  const site = await openMailSite()
  await queueTest(site)
  const now = site.deps.now()
  site.setClock(now + days(365))
  await site.deps.db
    .updateTable('mails')
    .set({ expires_at: now + days(400) })
    .execute()
  expect(await claimDueMails(site.deps)).toHaveLength(1)
  site.advance(minutes(2) - 1)
  expect(await claimDueMails(site.deps)).toEqual([])
  site.setClock(now)
  expect(await claimDueMails(site.deps)).toHaveLength(1)
})

test('a process whose lease has expired changes nothing about the mail', async () => {
  const site = await openMailSite()
  const id = await queueTest(site)
  const [late] = await claimDueMails(site.deps)
  site.advance(minutes(2))
  await claimDueMails(site.deps)
  const before = await findRow(site, id)
  if (late) await recordFailure(site.deps, late, { outcome: 'later', code: '451' })
  expect(await findRow(site, id)).toEqual(before)
})

test('a mail that is recorded as sent by two processes leaves one event', async () => {
  const site = await openMailSite()
  await queueTest(site)
  const [mail] = await claimDueMails(site.deps)
  if (!mail) throw new Error('no mail was claimed')
  for (let i = 0; i < 2; i++) await recordSent(site.deps, mail, ['reset-password'])
  expect(site.events.filter(({ kind }) => kind === 'mail-sent')).toHaveLength(1)
})

test('a finished mail keeps its recipient only if it belongs to a user', async () => {
  const site = await openMailSite()
  const known = await enqueueMail(site.deps, { kind: 'test', recipient: ann.email, user: site.users.ann })
  const unknown = await queueTest(site)
  expect(JSON.parse((await findRow(site, known)).details)).toEqual({ at: site.deps.now() })
  await site.deliverMail()
  expect(await findRow(site, known)).toMatchObject({ recipient: ann.email, details: '{}' })
  expect(await findRow(site, unknown)).toMatchObject({ recipient: '', details: '{}' })
  expect(site.events).toContainEqual({
    kind: 'mail-sent',
    mailId: known,
    mailKind: 'test',
    userId: site.users.ann.id,
  })
})

test('a mail that is not due yet can be sent now, and a finished one cannot', async () => {
  const site = await openMailSite()
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  const [id, other] = [await queueTest(site), await queueTest(site)]
  await site.deliverMail()
  site.mailbox.refuseWith()
  expect(await retryMail(site.deps, id)).toBe(true)
  await site.deliverMail()
  expect(site.mailbox.mails.map((mail) => mail.id)).toEqual([id])
  expect([await retryMail(site.deps, id), await retryMail(site.deps, 'unknown')]).toEqual([false, false])
  expect([await retryMails(site.deps), await retryMails(site.deps)]).toEqual([1, 0])
  await site.deliverMail()
  expect(site.mailbox.mails.map((mail) => mail.id)).toEqual([id, other])
})

test('a cancelled mail is not sent, and cannot be cancelled twice', async () => {
  const site = await openMailSite()
  const id = await queueTest(site)
  expect([await cancelMail(site.deps, id), await cancelMail(site.deps, id)]).toEqual([true, false])
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
  expect(await findRow(site, id)).toMatchObject({ error_code: 'cancelled', recipient: '', details: '{}' })
  expect(site.events).toContainEqual({
    kind: 'mail-failed',
    mailId: id,
    mailKind: 'test',
    code: 'cancelled',
    isFinal: true,
  })
})

test('a mail that was cancelled while it was sent counts as sent', async () => {
  const site = await openMailSite()
  const id = await queueTest(site)
  const [mail] = await claimDueMails(site.deps)
  await cancelMail(site.deps, id)
  if (mail) await recordSent(site.deps, mail, [])
  expect(await findRow(site, id)).toMatchObject({ sent_at: site.deps.now(), failed_at: null, error_code: null })
})

test('the list has waiting mails in the order of sending, then failed ones, newest first, with masked addresses', async () => {
  const site = await openMailSite()
  const failed: string[] = []
  for (let i = 0; i < 2; i++) {
    failed.push(await enqueueMail(site.deps, { kind: 'test', recipient: ann.email, user: site.users.ann }))
    site.advance(seconds(1))
    await cancelMail(site.deps, failed[i] ?? '')
  }
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  const postponed = await queueTest(site)
  await site.deliverMail()
  const waiting = await queueTest(site, 'zoe@example.test')
  const list = await listMails(site.deps)
  expect(list.map(({ id }) => id)).toEqual([waiting, postponed, ...failed.toReversed()])
  expect(list.map(({ recipient }) => recipient)).toEqual([
    'z…@example.test',
    'a…@example.test',
    'a…@example.test',
    'a…@example.test',
  ])
  expect(list[1]).toMatchObject({ attempt_count: 1, error_code: '452', failed_at: null })
})

test('the summary counts mails by state, and names the oldest and the error of the mail server', async () => {
  const site = await openMailSite()
  expect(await mailSummary(site.deps)).toEqual({ waiting: 0, oldestAt: null, sent: 0, failed: [] })
  await queueTest(site)
  await site.deliverMail()
  for (let i = 0; i < 2; i++) await cancelMail(site.deps, await queueTest(site))
  site.mailbox.refuseWith(smtpErrors.noMailbox)
  await queueTest(site)
  await site.deliverMail()
  site.mailbox.failWith(smtpErrors.refused)
  const oldestAt = site.deps.now()
  await queueTest(site)
  await site.deliverMail()
  site.advance(hours(1))
  await queueTest(site)
  await site.deliverMail()
  expect(await mailSummary(site.deps)).toEqual({
    waiting: 2,
    oldestAt,
    sent: 1,
    failed: [
      { code: 'cancelled', count: 2 },
      { code: '550', count: 1 },
    ],
    outage: { code: 'ECONNREFUSED', since: oldestAt },
  })
  site.advance(days(4))
  expect(await mailSummary(site.deps)).toMatchObject({ sent: 1 })
  site.advance(days(4))
  expect(await mailSummary(site.deps)).toMatchObject({ sent: 0 })
})

test('the summary names the start of an outage, also after a restart of the server', async () => {
  const site = await openMailSite()
  site.mailbox.failWith(smtpErrors.refused)
  const since = site.deps.now()
  await queueTest(site)
  for (let restart = 0; restart < 3; restart++) {
    const job = openMailJob(site.deps)
    await job.deliver()
    site.advance(minutes(1))
    await job.deliver()
  }
  expect((await mailSummary(site.deps)).outage).toEqual({ code: 'ECONNREFUSED', since })
  site.mailbox.failWith()
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  await openMailJob(site.deps).deliver()
  expect((await mailSummary(site.deps)).outage).toBeUndefined()
})

test('an address is masked in full texts and alone', () => {
  expect(maskEmail('ann@example.com')).toBe('a…@example.com')
  expect(maskEmail('')).toBe('')
  expect(maskEmails('550 <ann@example.com>: no, mailto:eve@example.com')).toBe(
    '550 <a…@example.com>: no, mailto:e…@example.com',
  )
})
