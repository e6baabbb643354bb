import { expect, setDefaultTimeout, test } from 'bun:test'
import { requireFreshSession } from '@/http/auth/authorize'
import { allowsSaving } from '@/http/auth/saved-request'
import type { Amr } from '@/model/factors/assurance'
import { findUserByEmail } from '@/model/users/user-list'
import { at, changes, filled, routesOf, type Route } from '../support/every-route'
import { dumpDatabase } from '../support/dump-database'
import { findFixture } from '../support/fixtures'
import { ann, eve } from '../support/people'
import { addPasskey } from '../support/passkeys'
import { annAsAdmin } from '../support/roles'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'

setDefaultTimeout(60_000)

/** Ann, an admin, and Eve have two-step verification and one factor of each kind. Every route of the app is mounted. */
async function siteWithFactors() {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on', SESSION_IDLE_SECONDS: '3600' })
  for (const user of [site.users.ann, site.users.eve]) {
    await addApp(site, user)
    await addCodes(site, user)
    await addPasskey(site, user)
    await turnOnTwoStep(site, user)
  }
  /** One row of each kind, by the function that creates it. */
  const rows = new Map<unknown, string>()
  return { ...site, rows, routes: routesOf(site.app).filter(changes) }
}

type Story = Awaited<ReturnType<typeof siteWithFactors>>
type Row = Record<string, unknown>

const pick = (rows: Row[] = [], columns: string[]) => rows.map((row) => columns.map((column) => row[column]))

const ACCESS: Record<string, string[]> = {
  users: [
    'email',
    'role',
    'password_hash',
    'two_step_enabled_at',
    'two_step_setup_at',
    'deactivated_at',
    'deletion_at',
  ],
  passkeys: ['id', 'public_key'],
  authenticator_apps: ['id', 'secret_ciphertext', 'confirmed_at'],
  recovery_codes: ['id', 'code_hash', 'is_active', 'used_at'],
  email_changes: ['id'],
  api_tokens: ['id', 'scopes', 'expires_at'],
}

/** The columns that decide how a user gets into an account. */
async function accessOf(site: Story) {
  const dump = await dumpDatabase(site)
  return Object.fromEntries(Object.entries(ACCESS).map(([table, columns]) => [table, pick(dump[table], columns)]))
}

/** Sends valid fields to the route in a new session with these methods. */
async function send(site: Story, route: Route, session: { amr: Amr; fresh?: boolean }) {
  const { person, fields, row } = findFixture(route.name) ?? {}
  const browser = await site.as(person === 'ann' ? ann : eve, session)
  const owner = await findUserByEmail(site.deps, eve.email) // a route may have changed the version of her factors
  if (!owner) throw new Error('eve is gone')
  const id = site.rows.get(row) ?? (await row?.(site, owner)) ?? owner.id
  site.rows.set(row, id)
  const before = await accessOf(site)
  const body = new URLSearchParams({ ...Object.fromEntries(filled(route)), ...fields, confirmed: 'yes' })
  const headers = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }
  await browser.ask(at(route, id), { method: route.method, body: `${body}`, headers })
  return { before, after: await accessOf(site) }
}

/** They prove an account by other means than the session, or begin with no account. */
const NEEDS_NO_SESSION = /^\w+ \/(login|relogin|signup|reset-password|verify-email|restore-account|secure-account)\b/

test.each<[string, { amr: Amr; fresh?: boolean }]>([
  ['a stale session with two factors', { amr: ['password', 'totp'], fresh: false }],
  ['a session with a recent password only', { amr: ['password'] }],
  ['a session of a trusted browser', { amr: ['password', 'trusted-browser'] }],
  ['a restored session', { amr: ['remember-me'], fresh: false }],
])('%s changes no factor, password, address, token or role', async (_, session) => {
  const site = await siteWithFactors()
  for (const route of site.routes.filter(({ name }) => !NEEDS_NO_SESSION.test(name))) {
    const { before, after } = await send(site, route, session)
    expect([route.name, after]).toEqual([route.name, before])
  }
})

test('the same requests in a fresh session change them', async () => {
  const { routes } = await siteWithFactors()
  const changing = [
    'POST /settings/password',
    'POST /settings/tokens',
    'POST /settings/email',
    'POST /settings/security/app/new',
    'POST /settings/security/two-step/off',
    'POST /admin/users/:id/role',
  ]
  for (const route of routes.filter(({ name }) => changing.includes(name))) {
    const site = await siteWithFactors()
    const fields = { amr: ['password', 'totp'] } as const
    const { before, after } = await send(site, route, fields)
    expect([route.name, after]).not.toEqual([route.name, before])
  }
})

/** Forms that cannot succeed in the walk above, because they need an answer of an authenticator or unsaved codes. */
test('each form of the page of login methods needs a fresh login, apart from those that give no access', async () => {
  const { routes, ...site } = await siteWithFactors()
  const forms = routes.filter(({ path }) => path.startsWith('/settings/security/'))
  const open = forms.filter(({ admission }) => admission !== requireFreshSession).map(({ path }) => path)
  expect(open.toSorted()).toEqual([
    '/settings/security/app/:id/rename',
    '/settings/security/passkeys/:id/rename',
    '/settings/security/passkeys/decline',
    '/settings/security/reset/cancel',
    '/settings/security/trusted-browsers/revoke',
  ])
  const stale = await site.as(eve, { amr: ['password', 'totp'], fresh: false })
  for (const { path } of forms.filter((form) => !open.includes(form.path))) {
    const { status, to } = await stale.post(at({ path }), { confirmed: 'yes' })
    expect([path, status, to?.split('?')[0]]).toEqual([path, 303, '/relogin'])
  }
})

const FACTOR_FORM =
  /^\/settings\/security\/|\/reset-two-step$|^\/login\/(second-step|reset-factors|passkey)\b|^\/relogin\/(code|passkey)|^\/reset-password\/second-step/

test('a form that changes factors is not saved for the time after a login', async () => {
  const { app } = await siteWithFactors()
  const routes = [...app.routes].filter(({ method, path }) => method === 'POST' && FACTOR_FORM.test(path))
  expect(routes.length).toBeGreaterThan(15)
  expect(routes.filter(allowsSaving).map(({ path }) => path)).toEqual([])
})
