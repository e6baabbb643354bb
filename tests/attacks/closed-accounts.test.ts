import { expect, setDefaultTimeout, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { scopes } from '@/model/users/roles'
import { adminTest } from '../support/features'
import type { Browser } from '../support/browser'
import { user } from '../support/command-line'
import { at, isDocument, isPublic, routesOf } from '../support/every-route'
import { issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'
import { listen } from '../support/stream'
import { makeToken } from '../support/tokens'

setDefaultTimeout(60_000) // every route is requested with every credential

/** Eve (role support) with every kind of credential on six devices. */
async function evesKeys() {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  await user(site, ['role', eve.email, 'support'])
  const { text } = await makeToken(site.deps, site.users.eve, { name: 'x', scopes, lifetime: days(30) })
  const idle = await site.as(eve)
  const waiting = await site.as(eve)
  site.advance(minutes(5))
  await waiting.post('/profile', { name: 'A name that waits' })
  const remembered = await site.as(eve, { remembered: true })
  const resting = await site.as(eve, { remembered: true })
  resting.close()
  const program = site.browser()
  const bearer = { authorization: `Bearer ${text}` }
  const devices = {
    'a session': await site.as(eve),
    'a session on a remembered device': remembered,
    'a remembered device alone': resting,
    'a session that ran out': idle,
    'a form that waits': waiting,
  }
  return { ...site, anns: await site.as(ann), devices, askAsProgram: (path: string) => program.get(path, bearer) }
}

type Keys = Awaited<ReturnType<typeof evesKeys>>

/** Text that only a page for eve contains. */
const hers = /\bEve\b|eve@|A name that waits|You are logged in/

/** Requests every route with each credential of eve and expects no access. */
async function expectShut({ app, users, devices, askAsProgram }: Keys) {
  const routes = routesOf(app).filter(({ admission }) => admission)
  const closed = new Set(routes.flatMap((one) => (isPublic(one) ? [] : at(one, users.eve.id))))
  for (const path of new Set(routes.map((one) => at(one, users.eve.id)))) {
    for (const [name, one] of Object.entries(devices)) {
      for (const answer of [
        await one.copy().get(path),
        await one.copy().getHtmx(path),
        await one.copy().post(path, { name: 'Zed' }),
      ])
        expect([name, path, hers.test(answer.html)]).toEqual([name, path, false])
    }
    if (path.startsWith('/api/') && closed.has(path))
      expect([path, (await askAsProgram(path)).status]).toBeOneOf([
        [path, 401],
        [path, 405],
      ])
  }
}

/** All pages of a user without an id. `/session` answers with JSON, and the users of `/login/second-step` and `/relogin` have no session. */
const ownPages = (app: Keys['app']) =>
  routesOf(app)
    .filter((one) => isDocument(one) && !isPublic(one) && !/:|^\/(api|login|relogin|session)\b/.test(one.path))
    .map(({ path }) => path)

async function expectAway(one: Browser, path: string) {
  const { status, to, set } = await one.get(path)
  expect([path, status, to]).toEqual([path, 303, `/login?next=${encodeURIComponent(path)}`])
  expect(set.filter((line) => /^(session|remember)=[^;]/.test(line))).toEqual([])
}

async function expectNoAccessAfter(shut: (keys: Keys) => Promise<unknown>) {
  const keys = await evesKeys()
  for (const name of ['a session', 'a remembered device alone'] as const)
    expect((await keys.devices[name].copy().get('/probe')).html).toContain('Hello Eve!')
  keys.advance(minutes(1))
  await shut(keys)
  await expectShut(keys)
  const pages = ownPages(keys.app)
  expect(pages.length).toBeGreaterThan(5)
  for (const one of Object.values(keys.devices)) for (const path of pages) await expectAway(one, path)
  const again = await keys.devices['a session that ran out'].post('/relogin', { password: eve.password })
  expect([again.status, again.to]).toEqual([303, '/login?next=%2Fprofile'])
  for (const wrong of ['wrong', eve.password]) {
    const { status, html } = await keys.browser().post('/login', { email: eve.email, password: wrong })
    expect([status, html.includes('Please check your login details and try again.')]).toEqual([422, true])
  }
  expect((await listen(keys, keys.devices['a session'])).status).toBe(401)
}

test.each<[string, (keys: Keys) => Promise<unknown>]>([
  ['an admin', ({ deps, users }) => deactivateUser(deps, users.eve, users.ann.id)],
  ['the command line', (site) => user(site, ['deactivate', eve.email])],
  [
    'a hand on the database',
    ({ deps, users }) =>
      deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', users.eve.id).execute(),
  ],
  ['a hand that deletes it', ({ deps, users }) => deps.db.deleteFrom('users').where('id', '=', users.eve.id).execute()],
])(
  'after the account was deactivated by %s no credential of it works, and no response mentions it',
  async (_, shut) => {
    await expectNoAccessAfter(shut)
  },
)

test('after its owner secured the account no credential of it works, and no response mentions it', async () => {
  await expectNoAccessAfter(async (keys) => {
    const owner = keys.browser()
    await openLink(owner, 'secure-account', await issueTo(keys, keys.users.eve, 'secure-account'))
    expect((await useOpened(owner, 'secure-account')).to).toBe('/reset-password')
  })
})

adminTest('a reactivated account keeps its password and role but loses all sessions, devices and tokens', async () => {
  const keys = await evesKeys()
  await deactivateUser(keys.deps, keys.users.eve, 'command line')
  await activateUser(keys.deps, keys.users.eve, 'command line')
  // A session that expired before still names its user and asks for the password.
  const { 'a session that ran out': idle, 'a form that waits': waiting, ...others } = keys.devices
  for (const one of [idle, waiting]) expect((await one.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  for (const one of Object.values(others)) await expectAway(one, '/profile')
  expect((await keys.askAsProgram('/api/me')).status).toBe(401)
  const back = keys.browser()
  expect((await back.post('/login', eve)).status).toBe(303)
  expect((await back.get('/admin/users')).status).toBe(200)
})

/** A page, a partial and background requests. */
const HOW: Record<string, string>[] = [{}, { 'hx-request': 'true' }, { 'x-poll': '1', 'hx-request': 'true' }]

adminTest('a user who loses a role loses it on every device at the next request', async () => {
  const { anns, pageOf, devices, app, users, advance } = await evesKeys()
  const { 'a session': laptop, 'a session on a remembered device': desk, 'a remembered device alone': phone } = devices
  for (const one of [laptop, desk, phone]) expect((await one.get('/admin/users')).status).toBe(200)
  const before = laptop.copy()
  expect((await anns.post(`${pageOf('eve')}/role`, { role: 'user' })).status).toBe(303)
  for (const one of [laptop, desk, phone])
    for (const { method, path } of app.routes.filter(({ path }) => path.startsWith('/admin')))
      for (const headers of HOW) {
        const address = at({ path }, users.ann.id).replace(/\/$/, '')
        const { status, html } =
          method === 'GET' ? await one.get(address, headers) : await one.post(address, { role: 'admin' }, headers)
        expect([address, status, html.includes('ann@')]).toEqual([address, 403, false])
      }
  expect((await before.get('/profile')).to).toBe('/login?next=%2Fprofile') // the token was rotated
  for (const one of [laptop, desk, phone]) expect((await one.get('/profile')).html).not.toContain('/admin')
  advance(hours(1))
  expect((await phone.get('/admin/users')).status).toBe(403)
})
