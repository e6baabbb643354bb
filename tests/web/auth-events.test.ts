import { expect, test } from 'bun:test'
import type { AuthEvent, Listeners } from '@/events'
import { minutes, seconds } from '@/lib/durations'
import { ann, annLoggedIn, annRemembered, eve } from '../support/people'

type Told = AuthEvent['kind']
type Site = Awaited<ReturnType<typeof annLoggedIn>>

const kinds = Object.keys({
  'signed-up': 0,
  'logged-in': 0,
  'login-failed': 0,
  'login-confirmed': 0,
  'logged-out': 0,
  restored: 0,
  'token-used': 0,
  refused: 0,
  stale: 0,
  'fingerprint-changed': 0,
  'session-ended': 0,
  'sessions-revoked': 0,
  'remember-theft': 0,
  'password-changed': 0,
  'token-created': 0,
  'token-revoked': 0,
  'role-changed': 0,
  'user-deactivated': 0,
  'user-activated': 0,
} satisfies Record<Told, 0>)

/** Somebody who listens to everything, and what they heard. */
function listener() {
  const heard: AuthEvent[] = []
  const on: Listeners = Object.fromEntries(kinds.map((kind) => [kind, (event: AuthEvent) => heard.push(event)]))
  return { heard, on }
}

async function annTheAdminLoggedIn(env?: Record<string, string>, auth?: { on: Listeners }) {
  const site = await annLoggedIn(env, auth)
  await site.deps.db.updateTable('users').set({ role: 'admin' }).where('id', '=', site.users.ann.id).execute()
  return site
}

const newToken = { name: 'x', scopes: 'profile:read', expires_days: '1' }
const change = { password: ann.password, new_password: 'five boxing wizards' }
const HOUR = { SESSION_IDLE_SECONDS: '3600' }

type Begin = (env?: Record<string, string>, auth?: { on: Listeners }) => Promise<Site>
type Story = [what: string, told: Told[], begin: Begin, act: (site: Site) => Promise<unknown>, env?: typeof HOUR]

const stories: Story[] = [
  [
    'a sign-up',
    ['signed-up'],
    annLoggedIn,
    ({ browser }) =>
      browser().post('/signup', { email: 'sue@example.test', name: 'Sue', password: 'a lamp in the window' }),
  ],
  ['a login', ['logged-in'], annLoggedIn, ({ browser }) => browser().post('/login', ann)],
  [
    'a login that fails',
    ['login-failed'],
    annLoggedIn,
    ({ browser }) => browser().post('/login', { ...ann, password: 'x' }),
  ],
  ['a logout', ['session-ended', 'logged-out'], annLoggedIn, ({ annsBrowser }) => annsBrowser.post('/logout')],
  [
    'a logout of nobody, and one that came twice',
    ['session-ended', 'logged-out'],
    annLoggedIn,
    async ({ annsBrowser, browser }) => {
      const copy = annsBrowser.copy()
      for (const one of [browser(), annsBrowser, copy]) await one.post('/logout')
    },
  ],
  ['a remembered device', ['restored'], annRemembered, ({ annsBrowser }) => annsBrowser.get('/profile')],
  [
    'a remember token that two browsers have',
    ['restored', 'session-ended', 'session-ended', 'remember-theft', 'refused'],
    annRemembered,
    async ({ annsBrowser, pass }) => {
      await annsBrowser.copy().get('/profile')
      pass(seconds(10))
      for (let i = 0; i < 2; i++) await annsBrowser.copy().get('/hello')
      await annsBrowser.get('/profile')
    },
  ],
  ['a closed door', ['refused'], annLoggedIn, ({ browser }) => browser().get('/profile')],
  ['a password that is asked of nobody', ['refused'], annLoggedIn, ({ browser }) => browser().get('/relogin')],
  ['a door that is not for her', ['refused'], annLoggedIn, ({ annsBrowser }) => annsBrowser.get('/admin/users')],
  [
    'a stale login, and the password typed again',
    ['stale', 'login-confirmed'],
    annLoggedIn,
    async ({ annsBrowser, pass }) => {
      pass(minutes(5))
      await annsBrowser.get('/settings/password')
      await annsBrowser.post('/relogin', { password: ann.password })
    },
    HOUR,
  ],
  [
    'a session that ran out, whoever looks how often',
    ['session-ended', 'refused', 'refused'],
    annLoggedIn,
    async ({ annsBrowser, pass }) => {
      pass(minutes(5))
      for (const one of [annsBrowser.copy(), annsBrowser]) await one.get('/profile')
    },
  ],
  [
    'another client',
    ['fingerprint-changed'],
    annLoggedIn,
    async ({ annsBrowser }) => {
      for (let i = 0; i < 2; i++) await annsBrowser.copy('Another browser').get('/profile')
    },
  ],
  [
    'a change of password',
    ['session-ended', 'password-changed', 'login-confirmed'],
    annLoggedIn,
    async ({ annsBrowser, as }) => {
      await as(ann)
      await annsBrowser.post('/settings/password', change)
    },
  ],
  [
    'a token made, used and revoked, and used once more',
    ['token-created', 'token-used', 'token-revoked', 'refused'],
    annLoggedIn,
    async ({ annsBrowser, browser, deps }) => {
      const { html } = await annsBrowser.post('/settings/tokens', newToken)
      const use = () =>
        browser().ask('/api/me', { headers: { authorization: /lk_[0-9a-z]{57}/.exec(html)?.[0] ?? '' } })
      await use()
      const { id } = await deps.db.selectFrom('api_tokens').select('id').executeTakeFirstOrThrow()
      await annsBrowser.post(`/settings/tokens/${id}/revoke`)
      await use()
    },
  ],
  [
    'what admins do',
    ['role-changed', 'session-ended', 'sessions-revoked', 'user-deactivated', 'user-activated'],
    annTheAdminLoggedIn,
    async ({ annsBrowser, as, users }) => {
      await as(eve)
      const act = (what: string, fields = {}) => annsBrowser.post(`/admin/users/${users.eve.id}/${what}`, fields)
      await act('role', { role: 'support' })
      for (const what of ['end-sessions', 'deactivate', 'activate']) await act(what)
    },
  ],
  [
    'a question how to come in',
    [],
    annLoggedIn,
    async ({ browser }) => {
      for (const path of ['/profile', '/settings/password', '/admin/users', '/api/me'])
        await browser().ask(path, { method: 'OPTIONS', headers: { authorization: 'Bearer x' } })
    },
  ],
]

const named = stories.map(([what, ...story]) => ({ what, story }))

test.each(named)(
  '$what is told once, to the log and to whoever listens',
  async ({ story: [told, begin, act, env] }) => {
    const { heard, on } = listener()
    const site = await begin(env, { on })
    heard.length = site.events.length = 0
    await act(site)
    expect(heard.map(({ kind }) => kind)).toEqual(told)
    expect(site.events).toEqual(heard)
  },
)

test('every kind of event has a story', () => {
  expect(new Set(stories.flatMap(([, told]) => told))).toEqual(new Set(kinds as Told[]))
})
