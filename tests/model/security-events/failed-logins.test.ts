import { expect, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { createUser } from '@/model/users/users'
import { listEventsOf } from '@/model/security-events/event-list'
import { deleteBatch, type Cursor } from '@/model/retention/retention'
import { tokenTest } from '../../support/features'
import { ann, annAndEve, annLoggedIn } from '../../support/people'
import { listen } from '../../support/stream'

type Site = Awaited<ReturnType<typeof annAndEve>>

const newcomer = { email: 'newcomer@example.test', name: 'New', password: 'five boxing wizards' }

const fail = ({ browser }: Pick<Site, 'browser'>, email = ann.email, userAgent = 'Laptop') =>
  browser(userAgent).post('/login', { email, password: 'wrong' })

async function runRetention({ deps }: Pick<Site, 'deps'>) {
  for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor;) cursor = await deleteBatch(deps, cursor)
}

const rows = ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.selectFrom('failed_logins').selectAll().orderBy('email_hash').orderBy('id').execute()

const failuresOf = async ({ deps }: Pick<Site, 'deps'>, user: { id: string }) =>
  (await listEventsOf(deps, user)).events.filter(({ kind }) => kind === 'login-failed' || kind === 'account-locked')

test('a failed login is stored for every email address, without the address', async () => {
  const site = await annAndEve()
  for (const email of [ann.email, ` ${ann.email.toUpperCase()} `, newcomer.email]) await fail(site, email)
  const found = await rows(site)
  expect(found.map(({ count }) => count).toSorted()).toEqual([1, 2])
  expect(found[0]).toEqual({
    email_hash: expect.stringMatching(/^[\da-f]{64}$/),
    id: expect.stringMatching(/^[\da-z]{9}-[\da-z]{4}-f$/),
    kind: 'wrong-password',
    browser: '“Laptop”',
    ip: expect.any(String),
    created_at: site.deps.now(),
    count: expect.any(Number),
  })
  expect(JSON.stringify(found)).not.toContain('@')
})

test('failures of one hour share a row per browser', async () => {
  const site = await annAndEve()
  for (const userAgent of ['Laptop', 'Phone', 'Laptop']) await fail(site, ann.email, userAgent)
  const found = await failuresOf(site, site.users.ann)
  expect(found.map(({ browser, count }) => [browser, count]).toSorted()).toEqual([
    ['“Laptop”', 2],
    ['“Phone”', 1],
  ])
})

test('the lockout of an account is stored once, and so is that of an unknown email address', async () => {
  const site = await annAndEve()
  site.deps.config.limits.account.max = 2
  for (const email of [ann.email, newcomer.email]) for (let n = 0; n < 3; n++) await fail(site, email)
  const locked = (await rows(site)).filter(({ kind }) => kind === 'account-locked')
  expect(locked.map(({ count }) => count)).toEqual([1, 1])
  expect((await failuresOf(site, site.users.ann)).map(({ kind }) => kind).toSorted()).toEqual([
    'account-locked',
    'login-failed',
  ])
  expect(site.events.filter(({ kind }) => kind === 'account-locked')).toHaveLength(1)
})

test('a new user does not see failed logins from before the sign-up', async () => {
  const site = await annAndEve()
  await fail(site, newcomer.email)
  const user = await createUser(site.deps, newcomer)
  if (!user) throw new Error('the email address is taken')
  expect(await failuresOf(site, user)).toEqual([])
  expect(await rows(site)).toEqual([])
})

test('a user sees the failed logins of the own email address only', async () => {
  const site = await annAndEve()
  await fail(site)
  expect(await failuresOf(site, site.users.eve)).toEqual([])
})

test('a failed login is shown for 30 days and then deleted', async () => {
  const site = await annAndEve()
  await fail(site)
  await fail(site, newcomer.email)
  site.advance(days(30) - 1)
  await runRetention(site)
  expect(await failuresOf(site, site.users.ann)).toHaveLength(1)
  expect(await rows(site)).toHaveLength(2)
  site.advance(1)
  expect(await failuresOf(site, site.users.ann)).toEqual([])
  await runRetention(site)
  expect(await rows(site)).toEqual([])
})

test('a failed login from more than a day in the future is deleted', async () => {
  const site = await annAndEve()
  await fail(site)
  site.advance(-days(1))
  await runRetention(site)
  expect(await rows(site)).toHaveLength(1)
  site.advance(-1)
  await runRetention(site)
  expect(await rows(site)).toEqual([])
})

test('the retention job deletes the old rows of an email address that has many', async () => {
  const site = await annAndEve()
  const at = site.deps.now()
  const row = { email_hash: 'x', kind: 'wrong-password', browser: '', ip: '', count: 1 } as const
  const many = Array.from({ length: 450 }, (_, n) => ({
    ...row,
    id: `${n}`.padStart(3, '0'),
    created_at: n < 430 ? at - days(30) : at,
  }))
  await site.deps.db.insertInto('failed_logins').values(many).execute()
  await runRetention(site)
  expect(await rows(site)).toEqual(many.slice(430))
})

test('pages of the activity list contain each failed login once, in the order of time', async () => {
  const site = await annLoggedIn()
  for (let n = 0; n < 30; n++) {
    site.advance(hours(2))
    await fail(site)
    site.advance(minutes(1))
    if (n % 3 === 0) await site.as(ann).then((browser) => browser.post('/logout'))
  }
  const times: number[] = []
  for (let before = ''; ;) {
    const { events, hasOlder } = await listEventsOf(site.deps, site.users.ann, { before })
    times.push(...events.map(({ created_at }) => created_at))
    if (!hasOlder) break
    before = events.at(-1)?.id ?? ''
  }
  expect(times).toHaveLength(2 + 30 + 10)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})

tokenTest('a stream sends a failed login that has an older id than the event before it', async () => {
  const site = await annLoggedIn()
  const page = await listen(site, site.annsBrowser)
  await page.next()
  site.advance(1)
  await site.annsBrowser.post('/settings/tokens', { name: 'backup', scopes: 'profile:read' })
  expect(await page.next()).toMatchObject({ data: { kind: 'token-created' } })
  site.advance(-1)
  await fail(site)
  const failed = await page.next()
  expect(failed).toMatchObject({ data: { kind: 'login-failed' } })
  const reconnected = await listen(site, site.annsBrowser, { 'last-event-id': failed.id ?? '' })
  await reconnected.next()
  await site.annsBrowser.post('/settings/tokens', { name: 'another', scopes: 'profile:read' })
  for (const one of [page, reconnected]) expect(await one.next()).toMatchObject({ data: { kind: 'token-created' } })
})
