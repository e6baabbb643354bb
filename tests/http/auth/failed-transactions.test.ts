import { expect, setDefaultTimeout, test } from 'bun:test'
import { engineOf, isPostgres } from '@db/engine/engine'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { raiseTheftAlert } from '@/model/sessions/theft-alert'
import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { at, changes, filled, routesOf } from '../../support/every-route'
import { dumpDatabase } from '../../support/dump-database'
import { findFixture } from '../../support/fixtures'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../../support/people'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { annAsAdmin } from '../../support/roles'
import type { Site } from '../../support/site'
import { onSqlite } from '../../support/temp'

setDefaultTimeout(60_000)

/** The database rejects the security event of this kind, so the whole transaction fails. */
async function reject({ deps: { db } }: Pick<Site, 'deps'>, kind: string) {
  const constraint = sql`alter table security_events add constraint reject check (kind <> ${sql.lit(kind)}) not valid`
  const trigger = sql`create trigger reject before insert on security_events when new.kind = ${sql.lit(kind)}
    begin select raise(abort, 'broken'); end`
  await (isPostgres(db) ? constraint : trigger).execute(db)
}

const repair = ({ deps: { db } }: Pick<Site, 'deps'>) =>
  (isPostgres(db) ? sql`alter table security_events drop constraint reject` : sql`drop trigger reject`).execute(db)

const cookieNames = (set: string[]) => set.map((line) => line.split('=')[0]).toSorted()

test('a failed logout changes no cookie, and the session and the remembered device stay', async () => {
  const site = await annRemembered()
  const { annsBrowser, advance } = site
  await annsBrowser.get('/profile')
  await reject(site, 'logged-out')
  expect(await annsBrowser.post('/logout')).toMatchObject({ status: 500, set: [] })
  expect(takeLoggedErrors()).toHaveLength(1)
  await repair(site)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  advance(minutes(5))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(cookieNames((await annsBrowser.post('/logout')).set)).toEqual(['flash', 'remember', 'session'])
})

test('a failed login changes no cookie, and the remembered device stays', async () => {
  const site = await annRemembered()
  const { annsBrowser } = site
  await reject(site, 'logged-in')
  expect(await annsBrowser.post('/login', ann)).toMatchObject({ status: 500, set: [] })
  expect(takeLoggedErrors()).toHaveLength(1)
  await repair(site)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('a failed login keeps the saved request of another user', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, advance, deps } = site
  advance(minutes(5))
  await annsBrowser.post('/profile', { name: 'Ann Lee' })
  await reject(site, 'logged-in')
  expect((await annsBrowser.post('/login', eve)).status).toBe(500)
  expect([takeLoggedErrors().length, annsBrowser.jar.has('saved')]).toEqual([1, true])
  await repair(site)
  expect(await deps.db.selectFrom('saved_requests').select('id').execute()).toHaveLength(1)
  expect((await annsBrowser.post('/login', ann)).to).toBe('/resume')
})

/** Every write fails, like on a full disk. Only SQLite can do this to an open connection. */
const makeReadOnly = ({ deps }: Pick<Site, 'deps'>) => sql`pragma query_only = on`.execute(deps.db)

/** Commits are visible, but may not be on disk. A commit of PostgreSQL is on disk before it is visible. */
const breakFsync = ({ deps }: Pick<Site, 'deps'>) =>
  void (engineOf(deps.db).waitForFsync = () => Promise.reject(new Error('fsync failed')))

/** Browsers with all cookies that a request could change. */
async function browsersOf(site: Awaited<ReturnType<typeof annAsAdmin>>) {
  const withFlash = async (remembered: boolean) => {
    const browser = await site.as(ann, { remembered })
    browser.keep('flash', 'profile-saved')
    return browser
  }
  const [fresh, visitor] = [await withFlash(true), site.browser()]
  const [restorable, otherSeries] = [fresh.copy(), await withFlash(false)]
  restorable.jar.delete('session')
  otherSeries.keep('remember', fresh.jar.get('remember') ?? '')
  return { fresh, restorable, otherSeries, stale: await site.as(ann, { fresh: false, remembered: true }), visitor }
}

test('a request that a read-only database fails changes no cookie and no row, for every route that changes data', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:', ...onSqlite() })
  const routes = routesOf(site.app).filter(changes)
  const browsers = await browsersOf(site)
  const ids = new Map<string, string | undefined>()
  for (const { name } of routes) ids.set(name, await findFixture(name)?.row?.(site, site.users.ann))
  const before = await dumpDatabase(site)
  await makeReadOnly(site)
  const failed = new Set<string>()
  for (const route of routes)
    for (const [name, browser] of Object.entries(browsers)) {
      const known = { ...findFixture(route.name)?.fields, ...(route.path.includes('log') && ann), remember: 'yes' }
      const body = new URLSearchParams({ ...Object.fromEntries(filled(route)), ...known })
      const headers = { 'sec-fetch-site': 'same-origin' }
      const path = at(route, ids.get(route.name))
      const answer = await browser.copy().ask(path, { method: route.method, body, headers })
      const { status, html, headers: answered } = answer
      if (status < 500) continue
      failed.add(route.name)
      const isShown = html.includes('Your profile has been saved.')
      const changed = answer.set.filter((line) => !(isShown && line.startsWith('flash=;')))
      expect([route.name, name, status, changed]).toEqual([route.name, name, 503, []])
      expect(answered.get('clear-site-data')).toBeNull()
    }
  takeLoggedErrors()
  for (const name of ['POST /login', 'POST /logout', 'POST /relogin', 'POST /relogin/switch-user', 'POST /profile'])
    expect([...failed]).toContain(name)
  expect(await dumpDatabase(site)).toEqual(before)
})

test('a commit that is not on disk changes no cookie: logout, relogin, switch of the user, restore, password', async () => {
  const posts: [path: string, fields: Record<string, string>, fresh: boolean][] = [
    ['/logout', {}, true],
    ['/relogin', { password: ann.password }, false],
    ['/relogin/switch-user', {}, false],
    ['/settings/password', { password: ann.password, new_password: 'five boxing wizards' }, true],
  ]
  for (const [path, fields, fresh] of posts) {
    const site = await annAndEve(onSqlite())
    const browser = await site.as(ann, { fresh, remembered: true })
    breakFsync(site)
    const { status, set, headers } = await browser.post(path, fields)
    expect([path, status, set, headers.get('clear-site-data')]).toEqual([path, 500, [], null])
  }
  const site = await annRemembered(onSqlite())
  breakFsync(site)
  expect(await site.annsBrowser.get('/profile')).toMatchObject({ status: 500, set: [] })
  expect(takeLoggedErrors()).toHaveLength(posts.length + 1)
})

test.each(['strong protection', 'findUser'])(
  'a session that %s fails to end keeps its cookies, and the next request ends it',
  async (name) => {
    let isEnding = false
    const strong: AuthOptions = { protection: 'strong', fingerprint: () => `${isEnding}` }
    const byApp: AuthOptions = {
      findUser: async (id, deps) => (isEnding ? undefined : findUser(deps, id)),
    }
    const site = await annAndEve({}, name === 'findUser' ? byApp : strong)
    const browser = await site.as(ann, { remembered: true })
    const activeSeries = () =>
      site.deps.db.selectFrom('remember_series').select('id').where('ended_at', 'is', null).execute()
    isEnding = true
    await reject(site, 'session-ended')
    expect(await browser.get('/profile')).toMatchObject({ status: 500, set: [] })
    expect([takeLoggedErrors().length, (await activeSeries()).length]).toEqual([1, 1])
    await repair(site)
    expect(cookieNames((await browser.get('/profile')).set)).toEqual(['flash', 'remember', 'session'])
    expect(await activeSeries()).toEqual([])
  },
)

test('a flash message is shown on the error page if the page fails', async () => {
  const site = await annLoggedIn(onSqlite())
  const { annsBrowser, deps, users } = site
  await annsBrowser.post('/profile', { name: 'Ann Lee' })
  await raiseTheftAlert(deps, users.ann)
  await makeReadOnly(site)
  const { status, html } = await annsBrowser.get('/profile')
  expect([status, html.includes('Your profile has been saved.')]).toEqual([503, true])
  takeLoggedErrors()
})
