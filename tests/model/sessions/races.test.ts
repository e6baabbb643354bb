import { expect, test } from 'bun:test'
import { inTransaction } from '@/deps/deps'
import { renewSession } from '@/model/sessions/rotate'
import { deactivateUser } from '@/model/accounts/deactivate'
import { restoreSession } from '@/model/sessions/remember-me'
import { endSeries, endSession, endSessionOfToken, endSessionsOf } from '@/model/sessions/end'
import { findVisit, slideSession } from '@/model/sessions/sessions'
import { minutes, seconds } from '@/lib/duration'
import { annInFlight, client } from '../../support/open-request'
import { ann, annRemembered } from '../../support/people'

test('a slide that is late neither revives a session nor turns its clock back', async () => {
  const { deps, visit, pass } = await annInFlight()
  const row = () => deps.db.selectFrom('sessions').select(['seen_at', 'ended_reason']).executeTakeFirstOrThrow()
  pass(minutes(1))
  await slideSession({ ...deps, now: () => deps.now() + minutes(1) }, visit.session, client)
  const ahead = await row()
  await slideSession(deps, visit.session, client)
  expect(await row()).toEqual(ahead)
  await endSession(deps, visit.session, 'logout')
  pass(minutes(3))
  await slideSession(deps, visit.session, client)
  expect(await row()).toEqual({ ...ahead, ended_reason: 'logout' })
})

test('the first reason of an end stays, whoever ends it again', async () => {
  const { deps, visit, users } = await annInFlight()
  await endSession(deps, visit.session, 'revoked')
  await endSession(deps, visit.session, 'theft')
  await endSessionsOf(deps, users.ann, 'password')
  await deactivateUser(deps, users.ann, 'by hand')
  expect(await deps.db.selectFrom('sessions').select('ended_reason').executeTakeFirst()).toEqual({
    ended_reason: 'revoked',
  })
})

test('of a series, too', async () => {
  const { deps, users, annsBrowser } = await annRemembered()
  await annsBrowser.post('/logout')
  await deactivateUser(deps, users.ann, 'by hand')
  const series = await deps.db.selectFrom('remember_series').select(['id', 'ended_reason']).executeTakeFirstOrThrow()
  await endSeries(deps, series.id, 'theft')
  const ends = await Promise.all(
    (['remember_series', 'sessions'] as const).map((table) =>
      deps.db.selectFrom(table).select('ended_reason').executeTakeFirst(),
    ),
  )
  expect(ends).toEqual([{ ended_reason: 'logout' }, { ended_reason: 'logout' }])
})

test('a secret opens only the series it belongs to', async () => {
  const { deps, annsBrowser, browser } = await annRemembered()
  const other = browser()
  await other.post('/login', { ...ann, remember: 'yes' })
  const [mine, others] = [annsBrowser, other].map(({ jar }) => jar.get('remember')?.split('.') ?? [])
  expect(await restoreSession(deps, `${mine?.[0]}.${others?.[1]}`, client)).toEqual({ kind: 'unknown' })
  await restoreSession(deps, others?.join('.') ?? '', client)
  expect(await restoreSession(deps, `${mine?.[0]}.${others?.[1]}`, client)).toEqual({ kind: 'unknown' })
  expect(await restoreSession(deps, mine?.join('.') ?? '', client)).toMatchObject({ kind: 'restored' })
})

test.each(['SESSION_IDLE_SECONDS', 'SESSION_MAX_SECONDS'])(
  'a tab that comes along shares the newest live session of its series, within %s',
  async (limit) => {
    const { deps, annsBrowser, pass } = await annRemembered({ [limit]: '3' })
    const token = annsBrowser.jar.get('remember') ?? ''
    pass(seconds(1))
    const restored = await restoreSession(deps, token, client)
    if (restored.kind !== 'restored') throw new Error('nothing was restored')
    expect(await restoreSession(deps, token, client)).toMatchObject({
      kind: 'shared',
      visit: { session: { id: restored.visit.session.id } },
    })
    pass(seconds(3))
    expect(await restoreSession(deps, token, client)).toEqual({ kind: 'unknown' })
  },
)

test('nor does it share one that has ended', async () => {
  const { deps, annsBrowser } = await annRemembered()
  const token = annsBrowser.jar.get('remember') ?? ''
  const restored = await restoreSession(deps, token, client)
  if (restored.kind !== 'restored') throw new Error('nothing was restored')
  await endSessionOfToken(deps, restored.sessionToken)
  await deps.db.updateTable('sessions').set({ ended_at: deps.now() }).execute()
  expect(await restoreSession(deps, token, client)).toEqual({ kind: 'unknown' })
})

test('a renewal of an ended session that comes to nothing takes nothing: the next page still knows whose it was', async () => {
  const { deps, annsBrowser, users, pass } = await annInFlight()
  pass(minutes(6))
  const token = annsBrowser.jar.get('session') ?? ''
  const visit = await findVisit(deps, token)
  await deps.db.updateTable('users').set({ password_version: 2 }).where('id', '=', users.ann.id).execute()
  expect(visit && (await inTransaction(deps, (deps) => renewSession(deps, visit, client)))).toBeUndefined()
  expect((await findVisit(deps, token))?.kind).toBe('ended')
})
