import { expect, test } from 'bun:test'
import { sql } from 'kysely'
import { minutes } from '@/lib/duration'
import { ann, annLoggedIn, annRemembered, eve } from '../../support/people'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import type { Site } from '../../support/site'

/** The database rejects the security event of this kind, so the whole transaction fails. */
const reject = ({ deps }: Pick<Site, 'deps'>, kind: string) =>
  sql`create trigger reject before insert on security_events when new.kind = ${sql.lit(kind)}
    begin select raise(abort, 'broken'); end`.execute(deps.db)
const repair = ({ deps }: Pick<Site, 'deps'>) => sql`drop trigger reject`.execute(deps.db)

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
