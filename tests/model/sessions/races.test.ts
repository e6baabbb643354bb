import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { rotateAfterReauthentication } from '@/model/sessions/rotate'
import { endLogin } from '@/model/accounts/end-login'
import { deactivateUser } from '@/model/accounts/deactivate'
import { restoreSession } from '@/model/sessions/remember-me'
import { endSeries, endSession } from '@/model/sessions/end'
import { endSessionsOf } from '@/model/sessions/end-all'
import { findSession, extendSession } from '@/model/sessions/sessions'
import { minutes, seconds } from '@/lib/duration'
import { annWithOpenRequest, client } from '../../support/open-request'
import { ann, annRemembered } from '../../support/people'

test('a late extension neither revives a session nor sets its last activity back', async () => {
  const { deps, sessionLookup, advance } = await annWithOpenRequest()
  const row = () => deps.db.selectFrom('sessions').select(['last_seen_at', 'ended_reason']).executeTakeFirstOrThrow()
  advance(minutes(1))
  await extendSession({ ...deps, now: () => deps.now() + minutes(1) }, sessionLookup.session, client)
  const ahead = await row()
  await extendSession(deps, sessionLookup.session, client)
  expect(await row()).toEqual(ahead)
  await endSession(deps, sessionLookup.session, 'logout')
  advance(minutes(3))
  await extendSession(deps, sessionLookup.session, client)
  expect(await row()).toEqual({ ...ahead, ended_reason: 'logout' })
})

test('the first end reason of a session stays', async () => {
  const { deps, sessionLookup, users } = await annWithOpenRequest()
  await endSession(deps, sessionLookup.session, 'revoked')
  await endSession(deps, sessionLookup.session, 'theft')
  await endSessionsOf(deps, users.ann, 'password')
  await deactivateUser(deps, users.ann, 'command line')
  expect(await deps.db.selectFrom('sessions').select('ended_reason').executeTakeFirst()).toEqual({
    ended_reason: 'revoked',
  })
})

test('the first end reason of a series stays', async () => {
  const { deps, users, annsBrowser } = await annRemembered()
  await annsBrowser.post('/logout')
  await deactivateUser(deps, users.ann, 'command line')
  const series = await deps.db.selectFrom('remember_series').select(['id', 'ended_reason']).executeTakeFirstOrThrow()
  await endSeries(deps, users.ann.id, series.id, 'theft')
  const reasons = await Promise.all(
    (['remember_series', 'sessions'] as const).map((table) =>
      deps.db.selectFrom(table).select('ended_reason').executeTakeFirst(),
    ),
  )
  expect(reasons).toEqual([{ ended_reason: 'logout' }, { ended_reason: 'logout' }])
})

test('a secret restores only the series that it belongs to', async () => {
  const { deps, annsBrowser, browser } = await annRemembered()
  const other = browser()
  await other.post('/login', { ...ann, remember: 'yes' })
  const [first, second] = [annsBrowser, other].map(({ jar }) => jar.get('remember')?.split('.') ?? [])
  expect(await restoreSession(deps, `${first?.[0]}.${second?.[1]}`, client)).toEqual({ kind: 'unknown' })
  await restoreSession(deps, second?.join('.') ?? '', client)
  expect(await restoreSession(deps, `${first?.[0]}.${second?.[1]}`, client)).toEqual({ kind: 'unknown' })
  expect(await restoreSession(deps, first?.join('.') ?? '', client)).toMatchObject({ kind: 'restored' })
})

test.each(['SESSION_IDLE_SECONDS', 'SESSION_MAX_SECONDS'])(
  'a repeated request with the same secret shares the active session of its series, within %s',
  async (limit) => {
    const { deps, annsBrowser, advance } = await annRemembered({ [limit]: '3' })
    const remember = annsBrowser.jar.get('remember') ?? ''
    advance(seconds(1))
    const restore = async () => {
      const restored = await restoreSession(deps, remember, client)
      if (restored.kind !== 'restored') throw new Error(`nothing was restored: ${restored.kind}`)
      return { token: restored.sessionToken, id: restored.sessionLookup.session.id }
    }
    const first = await restore()
    expect(await restore()).toEqual(first)
    advance(seconds(3))
    const later = await restore()
    expect([later.token === first.token, later.id === first.id]).toEqual([false, false])
  },
)

test('a repeated request with the same secret does not share an ended session', async () => {
  const { deps, annsBrowser } = await annRemembered()
  const remember = annsBrowser.jar.get('remember') ?? ''
  const restored = await restoreSession(deps, remember, client)
  if (restored.kind !== 'restored') throw new Error('nothing was restored')
  await endLogin(deps, { sessionToken: restored.sessionToken }, client)
  expect(await restoreSession(deps, remember, client)).toEqual({ kind: 'unknown' })
})

test('a failed rotation of an ended session changes nothing: the next page still knows its user', async () => {
  const { deps, annsBrowser, users, advance } = await annWithOpenRequest()
  advance(minutes(6))
  const token = annsBrowser.jar.get('session') ?? ''
  const sessionLookup = await findSession(deps, token)
  await deps.db.updateTable('users').set({ password_version: 2 }).where('id', '=', users.ann.id).execute()
  if (!sessionLookup) throw new Error('no ended session')
  const methods = { methods: ['password'] } as const
  expect(
    await inTransaction(deps, (deps) => rotateAfterReauthentication(deps, sessionLookup, client, methods), {
      locks: userLocks(sessionLookup.user),
    }),
  ).toEqual({ kind: 'rejected' })
  expect((await findSession(deps, token))?.kind).toBe('ended')
})
