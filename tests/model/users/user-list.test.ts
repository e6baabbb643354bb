import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { authenticate } from '@/model/accounts/authenticate'
import { deactivateUser } from '@/model/accounts/deactivate'
import { unlockUser } from '@/model/accounts/unlock'
import { changeRole } from '@/model/users/roles'
import { findUserWithStatus, listUsers, MAX_COUNT, PAGE_SIZE, sorts } from '@/model/users/user-list'
import { ann, annAndEve, eve } from '../../support/people'
import { plansOf } from '../../support/query-plans'
import { openSite, type Site } from '../../support/site'
import { onSqlite } from '../../support/temp'

/** Inserts rows, because hashing thousands of passwords would take minutes. */
async function addUsers({ deps }: Pick<Site, 'deps'>, users: { email: string; name: string }[]) {
  const rows = users.map(({ email, name }, i) => ({
    id: `id-${(i * 7919) % users.length}-${i}`,
    email,
    canonical_email: email,
    name,
    search_name: name.toLowerCase(),
    role: 'user' as const,
    password_changed_at: 0,
    password_version: 1,
    created_at: 0,
  }))
  for (let i = 0; i < rows.length; i += 500)
    await deps.db
      .insertInto('users')
      .values(rows.slice(i, i + 500))
      .execute()
  return rows
}

const people = (count: number, nameOf = (i: number) => `p${i}`) =>
  Array.from({ length: count }, (_, i) => ({ email: `p${String(i).padStart(5, '0')}@example.test`, name: nameOf(i) }))

const namesOf = ({ users }: { users: { name: string }[] }) => users.map(({ name }) => name)

test.each(sorts)('pages by %s have no gap and no repeat in both directions, also among equal names', async (sort) => {
  const site = await openSite()
  const rows = await addUsers(
    site,
    people(83, (i) => `name ${i % 3}`),
  )
  const key = (row: (typeof rows)[number]) => (sort.endsWith('name') ? `${row.search_name} ${row.id}` : row.email)
  const expected = rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).map(({ id }) => id)
  if (sort.startsWith('-')) expected.reverse()

  const pages: string[][] = []
  for (let after: string | undefined, hasNext = true; hasNext; after = pages.at(-1)?.at(-1)) {
    const page = await listUsers(site.deps, { sort, after })
    pages.push(page.users.map(({ id }) => id))
    expect([page.total, page.hasPrevious]).toEqual([83, pages.length > 1])
    hasNext = page.hasNext
  }
  expect(pages.map(({ length }) => length)).toEqual([PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, 83 - 3 * PAGE_SIZE])
  expect(pages.flat()).toEqual(expected)

  for (let i = pages.length - 1; i > 0; i--) {
    const page = await listUsers(site.deps, { sort, before: pages[i]?.[0] })
    expect(page.users.map(({ id }) => id)).toEqual(pages[i - 1] ?? [])
    expect([page.hasPrevious, page.hasNext]).toEqual([i > 1, true])
  }
})

test('a cursor without a page behind it shows the first page', async () => {
  const site = await openSite()
  const rows = await addUsers(site, people(30))
  const [first, second, last] = [rows[0]?.id, rows[1]?.id, rows.at(-1)?.id]
  const start = await listUsers(site.deps)
  for (const options of [{ before: first }, { before: second }, { after: last }, { after: 'gone' }, { before: 'gone' }])
    expect(await listUsers(site.deps, options)).toEqual(start)
})

test('role, state and text filter the users, and the total counts only these', async () => {
  const site = await annAndEve()
  const rows = await addUsers(site, people(60))
  await changeRole(site.deps, site.users.ann, 'admin', 'a test')
  for (const { id } of rows.slice(0, 30)) await deactivateUser(site.deps, { id }, 'a test')
  const find = async (options: Parameters<typeof listUsers>[1]) => {
    const page = await listUsers(site.deps, options)
    return [namesOf(page)[0], page.users.length, page.total]
  }
  expect(await find({})).toEqual(['Ann', 25, 62])
  expect(await find({ role: 'admin' })).toEqual(['Ann', 1, 1])
  expect(await find({ role: 'user' })).toEqual(['Eve', 25, 61])
  expect(await find({ role: 'support' })).toEqual([undefined, 0, 0])
  expect(await find({ state: 'deactivated', sort: '-name' })).toEqual(['p9', 25, 30])
  expect(await find({ state: 'active' })).toEqual(['Ann', 25, 32])
  expect(await find({ state: 'active', query: 'P3', sort: '-email' })).toEqual(['p39', 10, 10])
  expect(await find({ state: 'deactivated', role: 'admin' })).toEqual([undefined, 0, 0])
})

test('a total above ten thousand is cut, and the pages behind it still exist', async () => {
  const site = await openSite()
  await addUsers(site, people(MAX_COUNT + 60))
  const last = (await listUsers(site.deps, { sort: '-email' })).users
  for (const filter of [{}, { query: 'example' }, { role: 'user' as const }]) {
    const page = await listUsers(site.deps, { ...filter, after: last.at(-1)?.id, sort: '-email' })
    expect([page.total, namesOf(page)[0], page.hasPrevious]).toEqual([MAX_COUNT + 1, 'p10034', true])
  }
})

async function lock({ deps, advance }: Pick<Site, 'deps' | 'advance'>, email: string) {
  for (let i = 0; i < 100; i++) {
    await authenticate(deps, email, 'wrong', { fingerprint: '', userAgent: '', ip: '', source: `10.0.0.${i}` })
    advance(minutes(15))
  }
}

test('a user is locked after a hundred wrong passwords until an admin unlocks the account', async () => {
  const site = await annAndEve()
  await lock(site, eve.email)
  await lock(site, 'unknown@example.test')
  const stateOfEve = async () => (await findUserWithStatus(site.deps, site.users.eve.id))?.state
  const listed = async (state: 'active' | 'locked' | 'deactivated') => namesOf(await listUsers(site.deps, { state }))
  expect([await stateOfEve(), await listed('locked'), await listed('active')]).toEqual(['locked', ['Eve'], ['Ann']])
  await deactivateUser(site.deps, site.users.eve, 'a test')
  expect([await stateOfEve(), await listed('locked')]).toEqual(['deactivated', []])
  expect(await listed('deactivated')).toEqual(['Eve'])
  await site.deps.db.updateTable('users').set({ deactivated_at: null }).execute()
  await unlockUser(site.deps, site.users.eve, 'a test')
  expect([await stateOfEve(), await listed('locked'), await listed('active')]).toEqual(['active', [], ['Ann', 'Eve']])
})

test('the list tells when a user was last active', async () => {
  const site = await annAndEve()
  const lastActive = async () => (await listUsers(site.deps)).users.map((user) => user.lastActive)
  expect(await lastActive()).toEqual(['never', 'never'])
  await site.as(ann)
  site.advance(minutes(2))
  await site.as(ann)
  expect(await lastActive()).toEqual([site.deps.now(), 'never'])
  site.advance(days(30))
  expect((await lastActive())[1]).toBe('not-in-30-days')
})

test('pages without a filter read no table from end to end', async () => {
  const site = await openSite(onSqlite())
  const rows = await addUsers(site, people(100))
  for (const sort of sorts)
    for (const cursor of [{}, { after: rows[50]?.id }, { before: rows[50]?.id }]) {
      const plans = await plansOf(site, () => listUsers(site.deps, { sort, ...cursor }))
      expect(plans.length).toBeGreaterThan(2)
      for (const plan of plans) {
        expect(plan).not.toMatch(/SCAN (users|sessions|login_failures)(?! USING)/)
        if (plan.includes('users_search_name') || plan.includes('SCAN users')) expect(plan).not.toContain('TEMP B-TREE')
      }
    }
})
