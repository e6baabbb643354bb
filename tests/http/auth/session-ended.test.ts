import { expect, test } from 'bun:test'
import type { EndReason } from '@db/session-tables'
import { minutes, seconds } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { endOwnSession } from '@/model/sessions/own-session'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

type Story = Awaited<ReturnType<typeof annLoggedIn>>

const LOGIN = { to: '/login?next=%2Fprofile' }
const RELOGIN = { to: '/relogin?next=%2Fprofile' }

const ends: [reason: EndReason, end: (story: Story) => unknown, then: { to: string }][] = [
  ['logout', ({ annsBrowser }) => annsBrowser.copy().post('/logout'), LOGIN],
  ['idle', ({ advance }) => advance(minutes(5)), RELOGIN],
  ['absolute', ({ advance }) => advance(minutes(4)), RELOGIN],
  [
    'revoked',
    async ({ deps, users }) => {
      const { id } = await deps.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
      expect(await endOwnSession(deps, users.eve, id)).toBe(false)
      expect(await endOwnSession(deps, users.ann, id)).toBe(true)
    },
    RELOGIN,
  ],
  [
    'password',
    async ({ browser }) => {
      const other = browser()
      await other.post('/login', ann)
      await other.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
    },
    RELOGIN,
  ],
  ['deactivated', ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'), LOGIN],
]

test.each(ends)(
  'a session that ends by %s emits its reason once and redirects to the expected page',
  async (reason, end, then) => {
    const story = await annLoggedIn({ SESSION_MAX_SECONDS: reason === 'absolute' ? '240' : '43200' })
    const { id } = await story.deps.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
    await end(story)
    for (let i = 0; i < 2; i++) expect(await story.annsBrowser.get('/profile')).toMatchObject(then)
    const observed = story.events.filter((event) => event.kind === 'session-ended' && event.sessionId === id)
    expect(observed).toEqual([{ kind: 'session-ended', userId: story.users.ann.id, sessionId: id, reason }])
  },
)

test('a session that ends by theft emits one event under strong protection and after token reuse', async () => {
  const strong = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  const moved = strong.annsBrowser.copy('Another browser')
  for (let i = 0; i < 2; i++) expect(await moved.get('/profile')).toMatchObject(LOGIN)
  const series = await annRemembered()
  const attacker = series.annsBrowser.copy()
  for (const browser of [series.annsBrowser, attacker, series.annsBrowser]) {
    await browser.get('/profile')
    series.advance(seconds(10))
  }
  for (const { events } of [strong, series])
    expect(events.flatMap((event) => (event.kind === 'session-ended' ? event.reason : [])).slice(-1)).toEqual(['theft'])
  expect(series.events.filter((event) => event.kind === 'session-ended')).toHaveLength(3) // two sessions were replaced
})
