import { expect, test } from 'bun:test'
import type { Schema } from '@db/schema'
import { days, minutes } from '@/lib/durations'
import { listSessionsOf } from '@/model/live-sessions'
import type { Site } from '../support/site'
import { ann, eve } from '../support/people'
import { annTheAdmin } from '../support/roles'
import { makeToken } from '../support/tokens'

type Asking = {
  who: 'visitor' | 'eves' | 'anns'
  /** All the fields that count. */
  fields?: Record<string, string>
  /** Whether the login is stale by then. */
  isStale?: boolean
}

const askings: Record<string, Asking> = {
  'POST /signup': {
    who: 'visitor',
    fields: { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' },
  },
  'POST /login': { who: 'visitor', fields: { email: eve.email, password: eve.password, remember: 'yes' } },
  'POST /logout': { who: 'eves' },
  'POST /relogin': { who: 'eves', fields: { password: eve.password }, isStale: true },
  'POST /relogin/somebody-else': { who: 'eves', isStale: true },
  'POST /profile': { who: 'eves', fields: { name: 'Eve B.' } },
  'POST /settings/password': {
    who: 'eves',
    fields: { password: eve.password, new_password: 'five boxing wizards' },
  },
  'POST /settings/tokens': { who: 'eves', fields: { name: 'robot', scopes: 'profile:read', expires_days: '7' } },
  'POST /settings/tokens/:id/revoke': { who: 'eves' },
  'POST /settings/sessions/:id/end': { who: 'eves' },
  'POST /settings/sessions/end-others': { who: 'eves' },
  'POST /session': { who: 'eves' },
  'POST /resume': { who: 'eves' },
  'POST /resume/discard': { who: 'eves' },
  'PATCH /api/me': { who: 'eves', fields: { name: 'Eve B.' } },
  'POST /admin/users/:id/role': { who: 'anns', fields: { role: 'support' } },
  'POST /admin/users/:id/deactivate': { who: 'anns' },
  'POST /admin/users/:id/activate': { who: 'anns' },
  'POST /admin/users/:id/end-sessions': { who: 'anns' },
}

const tables = Object.keys({
  users: 0,
  sessions: 0,
  remember_series: 0,
  remember_secrets: 0,
  api_tokens: 0,
  security_events: 0,
  failed_logins: 0,
  drafts: 0,
  tries: 0,
  guess_counts: 0,
  known_devices: 0,
} satisfies Record<keyof Schema, 0>) as (keyof Schema)[]

/** Everything that is kept, but for the salt of passwords. */
const kept = async ({ deps }: Pick<Site, 'deps'>) => {
  const rows = await Promise.all(tables.map((table) => deps.db.selectFrom(table).selectAll().execute()))
  return JSON.stringify(rows).replaceAll(/\$argon2id\$[^"]*/g, 'a hash')
}

/** The same by the headers in which some proxies say who somebody is. */
const claims = ({ user_id, email }: Record<string, string>): Record<string, string> =>
  user_id && email ? { 'x-user-id': user_id, 'x-forwarded-user': email, 'remote-user': email, 'x-role': 'admin' } : {}

/** What is answered and kept after a request with these fields besides its own. Chance and the clock are the same each time. */
async function after(route: string, extra: (of: { ann: string; sue: string }) => Record<string, string>) {
  const { who, fields = {}, isStale = false } = askings[route] ?? { who: 'visitor' }
  const site = await annTheAdmin({ SESSION_IDLE_SECONDS: '3600' })
  const { token } = await makeToken(site.deps, site.users.eve, { name: 'x', scopes: [], lifetime: days(1) })
  if (isStale) site.pass(minutes(5))
  const [method = '', pattern = ''] = route.split(' ')
  await site.as(eve)
  const [other] = await listSessionsOf(site.deps, site.users.eve)
  const ids = { '/admin': site.users.eve.id, '/settings/tokens': token.id, '/settings/sessions': other?.id ?? '' }
  const id = Object.entries(ids).find(([place]) => pattern.startsWith(place))?.[1] ?? ''
  const path = pattern.replace(':id', id)
  const added = extra({ ann: site.users.ann.id, sue: site.users.sue.id })
  const sent = { ...added, ...fields }
  const address = Object.keys(added).length > 0 ? `${path}?${new URLSearchParams(added)}` : path
  const browser = who === 'visitor' ? site.browser() : site[who]
  const json = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
  const { headers, ...answer } = await (method === 'POST'
    ? browser.post(address, sent, claims(added))
    : browser.ask(address, { method, body: JSON.stringify(sent), headers: { ...json, ...claims(added) } }))
  expect([200, 303]).toContain(answer.status)
  return { answer, kept: await kept(site), events: site.events }
}

test('every address that takes a body is asked here', async () => {
  const { app } = await annTheAdmin()
  const taking = app.routes.filter(({ method }) => !['GET', 'DELETE'].includes(method))
  expect(taking.map(({ method, path }) => `${method} ${path.replace(/\/$/, '')}`).toSorted()).toEqual(
    Object.keys(askings).toSorted(),
  )
})

const ownKeys = Reflect.ownKeys(Object.prototype)

test.each(Object.keys(askings))(
  '%s takes its own fields, and nothing of what else is sent, said in the address or in a header',
  async (route) => {
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
      credential_at: '1',
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
