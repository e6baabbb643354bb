import { afterEach, expect, jest, setDefaultTimeout, test } from 'bun:test'
import type { Db } from '@db/open'
import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { openMailJob, startMailJob } from '@/mail-job'
import { changePassword } from '@/model/accounts/change-password'
import { claimDueMails } from '@/model/mails/claim-mails'
import { countOpened, countUsed, listDailyCounts } from '@/model/mails/mail-counts'
import { enqueueMail, mailSummary } from '@/model/mails/mails'
import { dumpDatabase } from './support/dump-database'
import { withFakeTimers } from './support/fake-timers'
import { smtpErrors } from './support/mailbox'
import { logLines, takeLoggedErrors } from './support/no-stray-errors'
import { sharedDatabase } from './support/nodes'
import { ann, createPeople } from './support/people'
import { mailSite, openSite, type Site } from './support/site'

setDefaultTimeout(60_000)

const LEASE = minutes(2)

const openMailSite = async (env?: Record<string, string>) => createPeople(await mailSite(env))

const queueTests = async ({ deps }: Pick<Site, 'deps'>, count: number) => {
  for (let i = 0; i < count; i++) await enqueueMail(deps, { kind: 'test', recipient: `person${i}@example.test` })
}
const queueReset = ({ deps }: Pick<Site, 'deps'>) => enqueueMail(deps, { kind: 'reset-password', recipient: ann.email })

const rowsOf = ({ deps }: Pick<Site, 'deps'>) => deps.db.selectFrom('mails').selectAll().orderBy('created_at').execute()
const countTokens = async ({ deps }: Pick<Site, 'deps'>) =>
  (await deps.db.selectFrom('one_time_tokens').select('id').execute()).length
const messages = () => logLines.map((line): string => JSON.parse(line).msg)
const failuresOf = ({ events }: Pick<Site, 'events'>) =>
  events.flatMap((event) => (event.kind === 'mail-failed' ? [[event.code, event.isFinal]] : []))

/** Runs the job every `step`, as a server does that runs for `time`. */
async function runFor(site: Pick<Site, 'advance' | 'deliverMail'>, time: number, step: number) {
  for (let passed = 0; passed < time; passed += step) {
    site.advance(step)
    await site.deliverMail()
  }
}

test('a mail exists as soon as the change that it reports is committed, and not before', async () => {
  const site = await openMailSite()
  const undone = inTransaction(
    site.deps,
    async (deps) => {
      await enqueueMail(deps, { kind: 'test', recipient: ann.email })
      throw new Error('undone')
    },
    { locks: [] },
  )
  expect(undone).rejects.toThrow('undone')
  await site.deliverMail()
  expect(await rowsOf(site)).toEqual([])
  await inTransaction(site.deps, (deps) => enqueueMail(deps, { kind: 'test', recipient: ann.email }), { locks: [] })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to }) => to)).toEqual([ann.email])
})

/** Sites of two processes with one database. */
async function openTwo() {
  const DATABASE_URL = await sharedDatabase()
  const sites = [await mailSite({ DATABASE_URL }), await mailSite({ DATABASE_URL })] as const
  opened.push(...sites.map(({ deps }) => deps.db))
  return sites
}

const opened: Db[] = []
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy()
})

test('two mail jobs at once send each of 1,500 mails once', async () => {
  const [one, other] = await openTwo()
  await inTransaction(one.deps, (deps) => queueTests({ deps }, 1500), { locks: [] })
  await Promise.all([one.deliverMail(), other.deliverMail()])
  const [ofOne, ofOther] = [one, other].map(({ mailbox }) => mailbox.mails.map(({ to }) => to))
  expect(new Set([...(ofOne ?? []), ...(ofOther ?? [])]).size).toBe(1500)
  expect([ofOne?.length, ofOther?.length]).not.toContain(0)
  expect((ofOne?.length ?? 0) + (ofOther?.length ?? 0)).toBe(1500)
})

test('after 50 kills between sending and recording every mail arrives, and none more than once per kill', async () => {
  const site = await openMailSite()
  await queueTests(site, 100)
  const kills = new Map<string, number>()
  for (let kill = 0; kill < 50; kill++) {
    for (const mail of await claimDueMails(site.deps)) {
      kills.set(mail.id, (kills.get(mail.id) ?? 0) + 1)
      await site.deps.mailer.send({ id: mail.id, to: mail.recipient, subject: '', text: '', html: '' })
    }
    site.advance(LEASE)
  }
  await site.deliverMail()
  const copies = Map.groupBy(site.mailbox.mails, ({ id }) => id)
  expect(copies.size).toBe(100)
  for (const [id, mails] of copies) expect([id, mails.length]).toEqual([id, 1 + (kills.get(id) ?? 0)])
})

test('a mail that the server accepted before a kill is sent again with the same id after two minutes', async () => {
  const site = await openMailSite()
  const id = await enqueueMail(site.deps, { kind: 'test', recipient: ann.email })
  await claimDueMails(site.deps) // the process was killed before it recorded the mail
  site.advance(LEASE - 1)
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
  site.advance(1)
  await site.deliverMail()
  expect(site.mailbox.mails.map((mail) => mail.id)).toEqual([id])
  expect(await rowsOf(site)).toMatchObject([{ attempt_count: 2, sent_at: site.deps.now() }])
})

test('after a day without a mail server no attempt counts, no token exists, and all that is still valid arrives', async () => {
  const site = await openMailSite()
  site.mailbox.failWith(smtpErrors.refused)
  await queueTests(site, 12)
  await queueReset(site)
  await site.deliverMail()
  await runFor(site, days(1), minutes(5))
  const waiting = (await rowsOf(site)).filter(({ failed_at }) => failed_at === null)
  expect(waiting.map(({ attempt_count }) => attempt_count)).toEqual(Array.from({ length: 12 }, () => 0))
  expect(await countTokens(site)).toBe(0)
  expect(failuresOf(site)).toEqual([['expired', true]])
  site.mailbox.failWith()
  await queueReset(site)
  await runFor(site, minutes(5), minutes(1))
  expect(site.mailbox.mails).toHaveLength(13)
  expect(site.mailbox.mails.map(({ to }) => to).toSorted()).toEqual(
    [ann.email, ...waiting.map((mail) => mail.recipient)].toSorted(),
  )
})

test('an outage is logged when it starts and when it ends, and reported every ten minutes', async () => {
  const site = await openMailSite()
  site.mailbox.failWith(smtpErrors.refused)
  await queueTests(site, 7)
  await site.deliverMail()
  await runFor(site, minutes(31), seconds(1))
  const stalled = site.events.filter(({ kind }) => kind === 'mail-stalled')
  expect(stalled).toEqual(
    [10, 20, 30].map((n) => ({ kind: 'mail-stalled', waiting: 7, oldestMinutes: n, code: 'ECONNREFUSED' })),
  )
  expect(await mailSummary(site.deps)).toMatchObject({ waiting: 7, outage: { code: 'ECONNREFUSED' } })
  site.mailbox.failWith()
  await runFor(site, minutes(5), minutes(1))
  expect(messages()).toEqual(['mail server unreachable: ECONNREFUSED', 'mail server reachable again: 7 waiting'])
  expect((await mailSummary(site.deps)).outage).toBeUndefined()
})

test('the summary names an outage also after the mails that failed have expired', async () => {
  const site = await openMailSite()
  const since = site.deps.now()
  site.mailbox.failWith(smtpErrors.refused)
  for (let i = 0; i < 4; i++) {
    await queueReset(site)
    await site.deliverMail()
    await runFor(site, minutes(40), minutes(5))
  }
  expect(failuresOf(site).length).toBeGreaterThan(1)
  expect((await mailSummary(site.deps)).outage).toEqual({ code: 'ECONNREFUSED', since })
  site.mailbox.failWith()
  await runFor(site, minutes(5), minutes(1))
  expect((await mailSummary(site.deps)).outage).toBeUndefined()
})

test('probes follow after 5, 10, 20 … seconds and then every five minutes', async () => {
  const site = await openMailSite()
  const probes: number[] = []
  const startedAt = site.deps.now()
  site.mailbox.failWith(smtpErrors.refused)
  const probe = site.deps.mailer.probe
  site.deps.mailer.probe = () => {
    probes.push((site.deps.now() - startedAt) / seconds(1))
    return probe()
  }
  await queueTests(site, 1)
  await site.deliverMail()
  await runFor(site, minutes(21), seconds(1))
  expect(probes).toEqual([5, 15, 35, 75, 155, 315, 615, 915, 1215])
})

test('a reset that waited for an hour is not sent, and the log says so', async () => {
  const site = await openMailSite()
  site.mailbox.failWith(smtpErrors.refused)
  const mailId = await queueReset(site)
  await site.deliverMail()
  await runFor(site, hours(1), minutes(1))
  site.mailbox.failWith()
  await runFor(site, minutes(10), minutes(1))
  expect(site.mailbox.mails).toEqual([])
  expect(site.events).toContainEqual({
    kind: 'mail-failed',
    mailId,
    mailKind: 'reset-password',
    code: 'expired',
    isFinal: true,
  })
})

test('a mailbox that does not exist ends the mail and marks the address, and the next accepted mail clears the mark', async () => {
  const site = await openMailSite()
  const rejectedAt = async () =>
    (await site.deps.db.selectFrom('users').select(['name', 'email_rejected_at']).orderBy('name').execute()).map(
      (user) => user.email_rejected_at,
    )
  site.mailbox.refuseWith(smtpErrors.noMailbox)
  const mailId = await enqueueMail(site.deps, { kind: 'test', recipient: ann.email })
  await site.deliverMail()
  expect(await rejectedAt()).toEqual([site.deps.now(), null])
  expect(await rowsOf(site)).toMatchObject([
    { failed_at: site.deps.now(), error_code: '550', recipient: '', details: '{}' },
  ])
  expect(site.events).toContainEqual({ kind: 'mail-failed', mailId, mailKind: 'test', code: '550', isFinal: true })
  site.mailbox.refuseWith()
  await enqueueMail(site.deps, { kind: 'test', recipient: ann.email })
  await site.deliverMail()
  expect(await rejectedAt()).toEqual([null, null])
})

test.each([
  ['a mailbox that is full', smtpErrors.mailboxFull, '452'],
  ['a policy against the content', smtpErrors.policy, '554'],
])('%s leads to retries after 1, 5, 15 and 30 minutes, then every hour', async (_, error, code) => {
  const site = await openMailSite()
  const sentAt: number[] = []
  const startedAt = site.deps.now()
  const send = site.deps.mailer.send
  site.deps.mailer.send = (message) => {
    sentAt.push((site.deps.now() - startedAt) / minutes(1))
    return send(message)
  }
  site.mailbox.refuseWith(error)
  await queueTests(site, 1)
  await site.deliverMail()
  await runFor(site, hours(12), minutes(1))
  const pauses = sentAt.map((at, i) => at - (sentAt[i - 1] ?? 0)).slice(1)
  for (const [i, pause] of pauses.entries()) {
    const expected = [1, 5, 15, 30][i] ?? 60
    expect(Math.abs(pause - expected)).toBeLessThanOrEqual(expected * 0.1 + 1) // the job runs once a minute here
  }
  expect(pauses.length).toBeGreaterThan(12)
  expect(new Set(pauses.slice(5)).size).toBeGreaterThan(3)
  expect(new Set(failuresOf(site).map(String))).toEqual(new Set([`${code},false`]))
  expect(messages()[0]).toBe('mail not accepted')
  expect(logLines.join('')).not.toContain(ann.email)
})

test('a mail that was requested while the clock was a year ahead is sent once the clock is right', async () => {
  const site = await openMailSite()
  const now = site.deps.now()
  site.setClock(now + days(365))
  await queueTests(site, 1)
  site.setClock(now)
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(1)
})

test('a server that refuses the sender drops no mail', async () => {
  const site = await openMailSite()
  site.mailbox.refuseWith(smtpErrors.senderRefused)
  await queueTests(site, 12)
  await site.deliverMail()
  await runFor(site, hours(3), seconds(5))
  expect(failuresOf(site).filter(([, isFinal]) => isFinal)).toEqual([])
  site.mailbox.refuseWith()
  await runFor(site, hours(2), minutes(1))
  expect(site.mailbox.mails).toHaveLength(12)
})

test('a mail that cuts the connection is sent at most eight times in a day, and all others once', async () => {
  const site = await openMailSite()
  const id = await enqueueMail(site.deps, { kind: 'test', recipient: ann.email })
  site.mailbox.cutAfter(id)
  await queueTests(site, 20)
  await site.deliverMail()
  await runFor(site, days(1), seconds(30))
  const counts = [...Map.groupBy(site.mailbox.mails, ({ to }) => to)].map(([to, mails]) => [to, mails.length] as const)
  expect(counts).toHaveLength(21)
  for (const [to, count] of counts.filter(([to]) => to !== ann.email)) expect([to, count]).toEqual([to, 1])
  const ofAnn = new Map(counts).get(ann.email) ?? 0
  expect(ofAnn).toBeGreaterThan(5)
  expect(ofAnn).toBeLessThanOrEqual(8)
  expect(messages()).not.toContain('mail server unreachable: ECONNECTION')
})

test('an error of ours is logged without addresses, and the mail is retried', async () => {
  const site = await openMailSite()
  site.mailbox.refuseWith(new TypeError(`no mail for ${ann.email}`))
  await queueTests(site, 1)
  await site.deliverMail()
  const [error] = takeLoggedErrors()
  expect(error).toMatchObject({ msg: 'mail failed', err: { message: 'no mail for a…@example.test' } })
  expect(JSON.stringify(error)).not.toContain(ann.email)
  expect(failuresOf(site)).toEqual([['TypeError', false]])
  site.mailbox.refuseWith()
  await runFor(site, minutes(2), minutes(1))
  expect(site.mailbox.mails).toHaveLength(1)
})

test('a reset from before a password change, and mails of a deleted user, are not sent', async () => {
  const site = await openMailSite()
  const { ann: user, eve } = site.users
  await enqueueMail(site.deps, { kind: 'reset-password', recipient: user.email, user })
  await enqueueMail(site.deps, { kind: 'password-changed', recipient: eve.email, user: eve })
  const change = (deps: Deps) => changePassword(deps, user, 'hash', 'command line', { how: 'command' })
  await inTransaction(site.deps, change, { locks: userLocks(user) })
  await site.deps.db.deleteFrom('users').where('id', '=', eve.id).execute()
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toEqual(['An administrator changed your account'])
  expect(failuresOf(site)).toEqual([['outdated', true]])
  expect(await rowsOf(site)).toContainEqual(
    expect.objectContaining({ error_code: 'outdated', recipient: user.email, details: '{}' }),
  )
})

test('a token is in no row and in no log line, only in its mail', async () => {
  const site = await openMailSite()
  await queueReset(site)
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  await site.deliverMail()
  site.mailbox.refuseWith()
  await runFor(site, minutes(2), minutes(1))
  const [, token = ''] = /token=([\w-]{43})/.exec(site.mailbox.mails[0]?.text ?? '') ?? []
  expect(token).not.toBe('')
  expect(JSON.stringify(await dumpDatabase(site))).not.toContain(token)
  expect(logLines.join('')).not.toContain(token)
  expect(JSON.stringify(site.events)).not.toContain(token)
})

test('a failed attempt leaves no token behind', async () => {
  const site = await openMailSite()
  site.mailbox.refuseWith(smtpErrors.mailboxFull)
  await queueReset(site)
  await site.deliverMail()
  expect(await countTokens(site)).toBe(0)
  site.mailbox.refuseWith()
  await runFor(site, minutes(2), minutes(1))
  expect(await countTokens(site)).toBe(1)
})

test('mails that are sent and links that are opened are counted by day', async () => {
  const site = await openMailSite()
  await queueReset(site)
  await queueTests(site, 1)
  await site.deliverMail()
  countOpened(site.deps, 'reset-password')
  countOpened(site.deps, 'reset-password')
  expect(await listDailyCounts(site.deps)).toMatchObject([{ sent_count: 1, opened_count: 0 }])
  await runFor(site, minutes(1), minutes(1))
  await inTransaction(site.deps, (deps) => countUsed(deps, 'reset-password'), { locks: [] })
  site.advance(days(1))
  countOpened(site.deps, 'reset-password')
  await site.deliverMail()
  expect(await listDailyCounts(site.deps)).toEqual([
    { day: '2030-01-02', purpose: 'reset-password', sent_count: 0, opened_count: 1, used_count: 0 },
    { day: '2030-01-01', purpose: 'reset-password', sent_count: 1, opened_count: 2, used_count: 1 },
  ])
})

/** The timers of this time, and the jobs that they start. */
async function pass(time: number, settle: () => Promise<void>) {
  for (let passed = 0; passed < time; passed += seconds(1)) {
    jest.advanceTimersByTime(seconds(1))
    await settle()
  }
}

test('the job runs once a second, goes on after an error of the database, and stops with the server', async () => {
  const site = await openMailSite()
  const shutdown = new AbortController()
  await withFakeTimers(site, async (settle) => {
    const stopped = startMailJob(site.deps, shutdown.signal)
    await queueTests(site, 1)
    await pass(seconds(2), settle)
    expect(site.mailbox.mails).toHaveLength(1)

    await site.deps.db.schema.alterTable('mails').renameTo('elsewhere').execute()
    await pass(seconds(10), settle)
    expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(['mail job failed'])
    await site.deps.db.schema.alterTable('elsewhere').renameTo('mails').execute()
    await queueTests(site, 1)
    await pass(seconds(10), settle)
    expect(site.mailbox.mails).toHaveLength(2)

    shutdown.abort()
    await stopped
    await queueTests(site, 1)
    await pass(seconds(5), settle)
    expect(site.mailbox.mails).toHaveLength(2)
  })
})

test('with MAIL_URL=off no job runs', async () => {
  const site = await createPeople(await openSite())
  await queueTests(site, 1)
  await withFakeTimers(site, async (settle) => {
    await startMailJob(site.deps, new AbortController().signal)
    await pass(seconds(5), settle)
    expect(site.mailbox.mails).toEqual([])
    expect(await rowsOf(site)).toMatchObject([{ attempt_count: 0 }])
  })
})

test('a job that stops claims no further mail and waits for those that are being sent', async () => {
  const site = await openMailSite()
  const [started, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const send = site.deps.mailer.send
  site.deps.mailer.send = async (message) => {
    started.resolve()
    await answered.promise
    return send(message)
  }
  await queueTests(site, 20)
  const job = openMailJob(site.deps)
  const delivered = job.deliver()
  await started.promise
  const stopped = job.stop()
  answered.resolve()
  await Promise.all([delivered, stopped])
  const rows = await rowsOf(site)
  expect(rows.filter(({ sent_at }) => sent_at !== null)).toHaveLength(5)
  expect(rows.filter(({ attempt_count }) => attempt_count === 0)).toHaveLength(15)
})

test('a mail whose connection the stop closes is sent again after two minutes', async () => {
  const site = await openMailSite()
  const started = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<never>()
  site.deps.mailer.send = () => {
    started.resolve()
    return closed.promise
  }
  site.deps.mailer.close = async () => closed.reject(smtpErrors.cut)
  await queueTests(site, 1)
  const job = openMailJob(site.deps)
  const delivered = job.deliver()
  await started.promise
  await withFakeTimers(site, async (settle) => {
    const stopped = job.stop()
    await pass(seconds(7), settle)
    await Promise.all([delivered, stopped])
  })
  expect(await rowsOf(site)).toMatchObject([
    { sent_at: null, failed_at: null, lease_expires_at: site.deps.now() + LEASE },
  ])
  expect(failuresOf(site)).toEqual([])
})

test('of two processes one reports that mails wait, at most once in ten minutes', async () => {
  const sites = await openTwo()
  for (const { mailbox } of sites) mailbox.failWith(smtpErrors.refused)
  await queueTests(sites[0], 10) // each process claims five
  for (let i = 0; i <= minutes(31) / seconds(5); i++)
    for (const site of sites) {
      await site.deliverMail()
      site.advance(seconds(5))
    }
  const reports = sites.flatMap(({ events }) => events.filter(({ kind }) => kind === 'mail-stalled'))
  expect(reports.map((event) => 'oldestMinutes' in event && event.oldestMinutes)).toEqual([10, 20, 30])
})
