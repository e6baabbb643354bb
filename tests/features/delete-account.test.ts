import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { Database } from 'bun:sqlite'
import { basename, dirname, join } from 'node:path'
import { days, hours, minutes } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { deleteNextAccount } from '@/model/accounts/delete-account'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { recordEvent } from '@/model/security-events/security-events'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { sessionOf } from '../support/devices'
import { dumpDatabase } from '../support/dump-database'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annAndEve, eve } from '../support/people'
import type { Site } from '../support/site'
import { tempDatabase } from '../support/temp'
import { makeToken } from '../support/tokens'

const GRACE = days(14)
const RESTORE = { status: 303, to: '/restore-account' }

/** Ann has a remembered phone, an API token and a browser in which she asks for the deletion. */
async function annWithAccess(env: Record<string, string> = {}, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const phone = site.browser()
  await phone.post('/login', { ...ann, remember: 'yes' })
  const anns = await site.as(ann)
  const { text: token } = await makeToken(site.deps, site.users.ann, {
    name: 'robot',
    scopes: ['profile:read'],
    lifetime: days(30),
  })
  const logIn = (password = ann.password, next = '') => {
    const browser = site.browser()
    return browser.post('/login', { ...ann, password, next }).then((answer) => ({ ...answer, browser }))
  }
  return { ...site, phone, anns, token, logIn, ask: () => anns.post('/settings/delete', { email: ann.email }) }
}

/** Runs the step of the retention job until nothing is due. Returns the number of batches. */
async function deleteDue({ deps }: Pick<Site, 'deps'>, onUserDeleted?: AuthOptions['onUserDeleted']) {
  let batches = 0
  for (let after: string | undefined = ''; after !== undefined; batches++)
    after = await deleteNextAccount(deps, after, onUserDeleted)
  return batches
}

test('another address is refused and deletes nothing', async () => {
  const { anns, events } = await annWithAccess()
  for (const email of ['', eve.email, 'ann']) {
    const { status, html } = await anns.post('/settings/delete', { email })
    expect(status).toBe(422)
    expect(html).toContain(`Type ${ann.email}, exactly as shown above.`)
  }
  expect((await anns.get('/settings/delete')).html).toContain('will be deleted in 14 days')
  expect(events.map(({ kind }) => kind)).not.toContain('deletion-requested')
})

test('the request ends all access at once and tells how to keep the account', async () => {
  const { anns, phone, token, ask, browser, events, users } = await annWithAccess()
  const copy = anns.copy()
  expect(await ask()).toMatchObject({ status: 303, to: '/' })
  expect((await anns.get('/')).html).toContain(
    'Your account will be deleted in 14 days. To keep it, log in before then.',
  )
  for (const one of [anns, copy, phone]) expect((await one.get('/profile')).to).toBe('/login?next=%2Fprofile')
  const headers = { authorization: `Bearer ${token}` }
  expect((await browser().ask('/api/me', { headers })).status).toBe(401)
  expect(events.filter(({ kind }) => kind === 'deletion-requested')).toEqual([
    { kind: 'deletion-requested', userId: users.ann.id, by: users.ann.id },
  ])
})

test('a right password starts no session, and a wrong one reveals nothing', async () => {
  const { ask, logIn } = await annWithAccess()
  await ask()
  const right = await logIn()
  expect(right).toMatchObject(RESTORE)
  expect([...right.browser.jar.keys()]).toEqual(['one-time'])
  expect((await right.browser.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await right.browser.get('/restore-account')).html).toContain('Your account is scheduled for deletion')
  const wrong = await logIn('wrong')
  expect(wrong.html).toContain('Please check your login details and try again.')
  expect((await wrong.browser.get('/restore-account')).status).toBe(410)
})

test('a session that expired before the request leads to the same choice', async () => {
  const { ask, phone, advance, anns, as } = await annWithAccess()
  phone.jar.delete('remember')
  advance(minutes(5))
  expect((await phone.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  const fresh = await as(ann)
  await fresh.post('/settings/delete', { email: ann.email })
  expect((await ask()).to).not.toBe('/')
  expect(await phone.post('/relogin?next=/dashboard', { password: ann.password })).toMatchObject({
    status: 303,
    to: '/restore-account?next=%2Fdashboard',
  })
  expect((await anns.get('/profile')).status).toBe(303)
})

test('"Keep my account" logs in, follows the return path and works once', async () => {
  const { ask, logIn, users, events, deps } = await annWithAccess()
  await ask()
  const { browser, to } = await logIn(ann.password, '/dashboard')
  expect(to).toBe('/restore-account?next=%2Fdashboard')
  const copy = browser.copy()
  expect((await browser.get(to ?? '')).html).toContain('<input type="hidden" name="next" value="/dashboard"')
  const kept = await browser.post('/restore-account', { choice: 'keep', next: '/dashboard' })
  expect(kept).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await browser.get('/dashboard')).html).toContain('Your account will not be deleted.')
  expect((await browser.get('/settings/password')).status).toBe(200) // the password was typed just now
  expect((await copy.post('/restore-account', { choice: 'keep' })).status).toBe(410)
  expect(events.filter(({ kind }) => kind === 'deletion-cancelled')).toEqual([
    { kind: 'deletion-cancelled', userId: users.ann.id, by: users.ann.id },
  ])
  expect(await deps.db.selectFrom('users').select('deletion_at').where('id', '=', users.ann.id).execute()).toEqual([
    { deletion_at: null },
  ])
})

test('of twenty parallel choices one logs in', async () => {
  const { ask, logIn } = await annWithAccess()
  await ask()
  const { browser } = await logIn()
  const copies = Array.from({ length: 20 }, () => browser.copy())
  const answers = await Promise.all(copies.map((copy) => copy.post('/restore-account', { choice: 'keep' })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array(19).fill(410)])
})

test('"Delete it as planned" changes nothing, and no choice shows the page again', async () => {
  const { ask, logIn, events } = await annWithAccess()
  await ask()
  const { browser } = await logIn()
  const { status, html } = await browser.post('/restore-account', { next: '/dashboard' })
  expect(status).toBe(422)
  expect(html).toContain('Choose whether to keep your account.')
  expect(html).toContain('<input type="hidden" name="next" value="/dashboard"')
  expect(await browser.post('/restore-account', { choice: 'delete' })).toMatchObject({ status: 303, to: '/' })
  expect([...browser.jar.keys()]).toEqual([])
  expect(await logIn()).toMatchObject(RESTORE)
  expect(events.map(({ kind }) => kind)).not.toContain('deletion-cancelled')
})

test('the choice ends after ten minutes, and a return path to another site is refused', async () => {
  const { ask, logIn, advance } = await annWithAccess()
  await ask()
  const { browser } = await logIn()
  const evil = await browser.post('/restore-account', { choice: 'keep', next: '//evil.test' })
  expect(evil.status).toBe(400)
  advance(minutes(10) - 1)
  expect((await browser.get('/restore-account')).status).toBe(200)
  advance(1)
  expect((await browser.get('/restore-account')).status).toBe(410)
  expect((await browser.post('/restore-account', { choice: 'keep' })).status).toBe(410)
})

test('an account can be kept until one millisecond before its deletion', async () => {
  const { ask, logIn, advance } = await annWithAccess()
  await ask()
  advance(GRACE - 1)
  const { browser, ...answer } = await logIn()
  expect(answer).toMatchObject(RESTORE)
  advance(1)
  expect((await browser.post('/restore-account', { choice: 'keep' })).status).toBe(410)
  expect((await logIn()).html).toContain('Please check your login details and try again.')
})

test('a second request keeps the earlier date', async () => {
  const { ask, deps, advance, users } = await annWithAccess()
  const start = deps.now()
  await ask()
  advance(hours(1))
  expect(await requestDeletion(deps, users.ann, { by: 'command line' })).toBe(true)
  const row = deps.db.selectFrom('users').select('deletion_at').where('id', '=', users.ann.id)
  expect(await row.executeTakeFirst()).toEqual({ deletion_at: start + GRACE })
})

test('the last active admin cannot be deleted, and an admin scheduled for deletion does not count', async () => {
  const { ask, anns, deps, users, as } = await annWithAccess()
  await changeRole(deps, users.ann, 'admin', 'a test')
  await anns.get('/profile') // rotates the token
  const { status, html } = await ask()
  expect(status).toBe(422)
  expect(html).toContain('You are the last active admin. Make someone else an admin first.')
  await changeRole(deps, users.eve, 'admin', 'a test')
  expect((await ask()).to).toBe('/')
  expect((await (await as(eve)).post('/settings/delete', { email: eve.email })).status).toBe(422)
})

/** Each text that names Ann, and the hashes of what names her. */
const tracesOf = ({ id }: { id: string }) => [id, ann.email, ann.name, sha256(ann.email), sha256(id)]

const find = (text: string, traces: string[]) => traces.filter((trace) => text.includes(trace))

test('after the deletion no table has an id, an address, a name or a hash of the user', async () => {
  const site = await annWithAccess()
  const { ask, advance, deps, users, browser, anns, logIn } = site
  await anns.post('/settings/export')
  await logIn('wrong')
  await browser('Another').post('/login', { ...ann, password: 'wrong' })
  const others = JSON.stringify((await dumpDatabase(site)).users?.filter(({ id }) => id === users.eve.id))
  expect(find(JSON.stringify(await dumpDatabase(site)), tracesOf(users.ann))).toEqual(tracesOf(users.ann))
  await ask()
  advance(GRACE)
  await logIn()
  await deleteDue(site)
  const left = await dumpDatabase(site)
  expect(find(JSON.stringify(left), tracesOf(users.ann))).toEqual([])
  expect(JSON.stringify(left.users)).toBe(`${others.slice(0, -1)}]`)
  const rows = Object.entries(left).map(([table, { length }]) => [table, length] as const)
  expect(rows.filter(([table, n]) => n > 0 && !/^(users|kysely|security_events|rate_limit_hits)/.test(table))).toEqual(
    [],
  )
  expect(site.events.filter(({ kind }) => kind === 'user-deleted')).toEqual([
    { kind: 'user-deleted', userId: users.ann.id },
  ])
  expect(await createUser(deps, { ...ann, name: 'New Ann' })).toBeDefined() // the address is free
  const again = await logIn()
  expect(again.to).toBe('/profile')
  const activity = await again.browser.get('/settings/activity')
  expect(activity.html).not.toContain('Wrong password')
  expect((await deps.db.selectFrom('users').select('name').execute()).map(({ name }) => name)).toContain('New Ann')
})

test('after the deletion no byte of the database files names the user', async () => {
  const file = tempDatabase('deletion')
  const site = await annWithAccess({ DATABASE_URL: `sqlite:${file}` })
  const { ask, advance, anns, users } = site
  await anns.post('/profile', { name: 'Annabel Longname' })
  await anns.post('/profile', { name: 'Zacharias' })
  await ask()
  advance(GRACE)
  await deleteDue(site)
  await site.deps.db.destroy()
  const files = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)))
  const bytes = files.map((name) => readFileSync(join(dirname(file), name), 'latin1')).join('')
  expect(bytes.length).toBeGreaterThan(10_000)
  expect(bytes).toContain(eve.email)
  expect(find(bytes, [users.ann.id, ann.email, sha256(ann.email), 'Annabel', 'annabel', 'Zacharias'])).toEqual([])
  const left = new Database(file, { readonly: true })
  expect(left.query('select count(*) as n from users').get()).toEqual({ n: 1 })
  left.close()
})

test('rows are deleted in batches of at most 100', async () => {
  const site = await annWithAccess()
  const { ask, advance, deps, users } = site
  for (let i = 0; i < 250; i++)
    await recordEvent(deps, { kind: 'password-changed', userId: users.ann.id, by: 'a test', how: 'command' })
  await ask()
  advance(GRACE)
  let most = 0
  let before = 250
  for (let after: string | undefined = ''; after !== undefined;) {
    after = await deleteNextAccount(deps, after)
    const left = deps.db.selectFrom('security_events').select(({ fn }) => fn.countAll().as('n'))
    const n = Number((await left.where('user_id', '=', users.ann.id).executeTakeFirstOrThrow()).n)
    most = Math.max(most, before - n)
    before = n
  }
  expect(most).toBe(100)
  expect(before).toBe(0)
})

test('an app deletes its rows in the same transaction, and its error keeps the account', async () => {
  const calls: string[] = []
  const site = await annWithAccess()
  const { ask, advance, deps, users } = site
  await ask()
  advance(GRACE)
  await deleteDue(site, async (user, deps) => {
    calls.push(user.email)
    await deps.db.updateTable('users').set({ name: 'changed' }).where('id', '=', users.eve.id).execute()
    throw new Error('no connection')
  })
  expect(takeLoggedErrors()).toMatchObject([{ msg: 'account deletion failed', err: { message: 'no connection' } }])
  const names = await deps.db.selectFrom('users').select('name').orderBy('name').execute()
  expect(names).toEqual([{ name: 'Ann' }, { name: 'Eve' }])
  await deleteDue(site, ({ email }) => void calls.push(email))
  expect(calls).toEqual([ann.email, ann.email])
  expect(await deps.db.selectFrom('users').select('name').execute()).toEqual([{ name: 'Eve' }])
})

test('a session that the request has not ended yet is refused', async () => {
  const { anns, deps, users } = await annWithAccess()
  await requestDeletion(deps, users.ann, { by: users.ann.id, keepSession: await sessionOf({ deps }, anns) })
  expect((await anns.get('/profile')).to).toBe('/login?next=%2Fprofile')
})
