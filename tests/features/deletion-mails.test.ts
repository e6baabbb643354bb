import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { deleteNextAccount } from '@/model/accounts/delete-account'
import { remindOfDeletion } from '@/model/accounts/request-deletion'
import { FIRST_CURSOR, deleteBatch, type Cursor } from '@/model/retention/retention'
import { dumpDatabase } from '../support/dump-database'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann } from '../support/people'
import { plansOf } from '../support/query-plans'
import type { Site } from '../support/site'
import { onSqlite } from '../support/temp'

/** Runs the retention job once and sends what is due. Returns the subjects of the mails. */
async function passDay(site: Site, ms = days(1)) {
  const before = site.mailbox.mails.length
  site.advance(ms)
  for (let cursor: Cursor | undefined = FIRST_CURSOR; cursor;) cursor = await deleteBatch(site.deps, cursor)
  await site.deliverMail()
  return site.mailbox.mails.slice(before).map(({ subject }) => subject)
}

async function annAsked(env: Record<string, string> = {}) {
  const site = await annAndEveWithMail(env)
  const anns = await site.as(ann)
  await anns.post('/settings/delete', { email: ann.email })
  await site.deliverMail()
  return { ...site, anns }
}

test('the user gets a mail at the request, three days and one day before, and after the deletion', async () => {
  const site = await annAsked()
  const [mail] = site.mailbox.mails
  expect(mail).toMatchObject({ to: ann.email, subject: 'Your account will be deleted' })
  expect(mail?.text.replaceAll(/\s+/g, ' ')).toContain('will be deleted on Jan 15, 2030.')
  expect(mail?.text).toContain('http://localhost/login')
  const subjects: string[][] = []
  for (let day = 1; day <= 15; day++) subjects.push(await passDay(site))
  expect(subjects.map((sent, i) => [i + 1, ...sent]).filter(({ length }) => length > 1)).toEqual([
    [11, 'Your account will be deleted in 3 days'],
    [13, 'Your account will be deleted tomorrow'],
    [14, 'Your account was deleted'],
  ])
  const left = JSON.stringify(await dumpDatabase(site))
  expect(left).not.toContain(ann.email)
})

test('a short grace period has no reminder for a moment that has passed', async () => {
  const site = await annAsked({ DELETION_GRACE_SECONDS: `${(2 * days(1)) / 1000}` })
  expect(await passDay(site, minutes(10))).toEqual([])
  expect(await passDay(site)).toEqual(['Your account will be deleted tomorrow'])
  expect(await passDay(site, minutes(10))).toEqual([])
})

test('an account that is kept gets one mail about it and no reminder', async () => {
  const site = await annAsked()
  const browser = site.browser()
  await browser.post('/login', ann)
  await browser.post('/restore-account', { choice: 'keep' })
  await site.deliverMail()
  expect(site.mailbox.mails.at(-1)).toMatchObject({ subject: 'Your account will not be deleted' })
  for (let day = 1; day <= 15; day++) expect(await passDay(site)).toEqual([])
})

test('a mail about a deletion that was cancelled meanwhile is not sent', async () => {
  const site = await annAndEveWithMail()
  await (await site.as(ann)).post('/settings/delete', { email: ann.email })
  const browser = site.browser()
  await browser.post('/login', ann)
  await browser.post('/restore-account', { choice: 'keep' })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toEqual(['Your account will not be deleted'])
})

test('a mail that says how to keep the account is not sent after the deletion', async () => {
  const site = await annAndEveWithMail()
  await requestDeletion(site.deps, site.users.ann, { by: 'command line', grace: 0 })
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
})

test('the message after the request names the mail only if mail is on', async () => {
  const site = await annAsked()
  expect((await site.anns.get('/')).html).toContain(
    'Your account is scheduled for deletion. To keep it, log in before the date in our email.',
  )
})

test.each([
  ['259200', 3],
  ['0', 1],
])('with RECOVERY_HOLD_SECONDS=%s, a reset one day before leaves %i days', async (RECOVERY_HOLD_SECONDS, left) => {
  const site = await annAsked({ RECOVERY_HOLD_SECONDS })
  site.advance(days(13))
  const browser = site.browser()
  await openLink(browser, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  expect((await useOpened(browser, 'reset-password')).to).toBe('/login')
  const deletion = site.deps.db.selectFrom('users').select('deletion_at').where('id', '=', site.users.ann.id)
  expect(await deletion.executeTakeFirst()).toEqual({ deletion_at: site.deps.now() + days(left) })
  await passDay(site, days(left) - 1)
  expect(await deletion.executeTakeFirst()).toBeDefined()
  await passDay(site, 1)
  expect(await deletion.executeTakeFirst()).toBeUndefined()
})

test('the search for due accounts and reminders reads no user who is not scheduled for deletion', async () => {
  const site = await annAndEveWithMail(onSqlite())
  const plans = await plansOf(site, async () => {
    await deleteNextAccount(site.deps, '')
    await remindOfDeletion(site.deps)
  })
  const searches = plans.filter((plan) => plan.includes('users'))
  expect(searches).toHaveLength(2)
  for (const plan of searches) expect(plan).toContain('SEARCH users USING INDEX users_deletion_at')
})
