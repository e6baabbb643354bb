import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { at, changes, filled, personFor, routesOf, type Route } from '../support/every-route'
import { findFixture, printMissing } from '../support/fixtures'
import { dumpDatabase as dump } from '../support/dump-database'
import { ann } from '../support/people'
import { annAsAdmin } from '../support/roles'
import type { Site } from '../support/site'

/** All rows of all tables, without password salts. */
const kept = async (site: Pick<Site, 'deps'>) =>
  JSON.stringify(await dump(site)).replaceAll(/\$argon2id\$[^"]*/g, 'a hash')

/** Headers in which some proxies send the identity. */
const claims = ({ user_id, email }: Record<string, string>): Record<string, string> =>
  user_id && email ? { 'x-user-id': user_id, 'x-forwarded-user': email, 'remote-user': email, 'x-role': 'admin' } : {}

const json = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }

/** The response and the database after a request with these extra fields, with fixed randomness and clock. */
async function after(route: Route, extra: (of: { ann: string; sue: string }) => Record<string, string>) {
  const known = findFixture(route.name)
  const { person = 'visitor', isStale, fields, row } = { ...personFor(route), ...known }
  const site = await annAsAdmin({ SESSION_IDLE_SECONDS: '3600', MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const id = await row?.(site, site.users.eve)
  const browser = { visitor: site.browser(), eve: site.eves, ann: site.anns }[person]
  if (isStale) site.advance(minutes(5))
  const added = extra({ ann: site.users.ann.id, sue: site.users.sue.id })
  const sent = { ...added, ...(known ? fields : Object.fromEntries(filled(route))) }
  const query = Object.keys(added).length > 0 ? `?${new URLSearchParams(added)}` : ''
  const address = at(route, id) + query
  const { headers, ...answer } = await (route.method === 'POST' && !route.path.startsWith('/api/')
    ? browser.post(address, sent, claims(added))
    : browser.ask(address, {
        method: route.method,
        body: JSON.stringify(sent),
        headers: { ...json, ...claims(added) },
      }))
  if (known) expect(known.status === undefined ? [200, 204, 303] : [known.status]).toContain(answer.status)
  return { answer, kept: await kept(site), events: site.events }
}

const routes = routesOf((await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })).app).filter(
  (one) => changes(one) && one.method !== 'DELETE',
)
printMissing('extra fields', routes)

const ownKeys = Reflect.ownKeys(Object.prototype)

test.each(routes.map((route) => [route.name, route] as const))(
  '%s reads its own fields and ignores all others in body, query and headers',
  async (_, route) => {
    const plain = await after(route, () => ({}))
    const loaded = await after(route, (of) => ({
      id: of.sue,
      userId: of.ann,
      user_id: of.ann,
      email: ann.email,
      canonical_email: 'mallory@example.test',
      name: 'Mallory',
      role: 'admin',
      roles: 'admin',
      isAdmin: 'true',
      emailVerified: 'true',
      bannedAt: '',
      deactivated_at: '1',
      created_at: '0',
      password_hash: 'x',
      password_version: '9',
      password_changed_at: '0',
      session_id: 'x',
      series_id: 'x',
      reauthenticated_at: '1',
      forced_at: '1',
      force: 'true',
      fresh: 'true',
      by: of.ann,
      ['__proto__']: 'x',
      ['__proto__[role]']: 'admin',
      'constructor[prototype][role]': 'admin',
      'user[role]': 'admin',
      'role[]': 'admin',
      'roles[0]': 'admin',
      'user.role': 'admin',
      Role: 'admin',
      _method: 'DELETE',
    }))
    expect(loaded).toEqual(plain)
    expect(Reflect.ownKeys(Object.prototype)).toEqual(ownKeys)
  },
)
