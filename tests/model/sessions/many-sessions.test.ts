import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { seconds } from '@/lib/duration'
import { listActiveSessions } from '@/model/sessions/expiry'
import { startSession } from '@/model/sessions/sessions'
import { client } from '../../support/open-request'
import { annAndEve, annRemembered } from '../../support/people'

test('a user has at most 50 active sessions: the next one ends the least recently used', async () => {
  const { deps, users, advance } = await annAndEve()
  const start = () =>
    inTransaction(
      deps,
      (deps) => startSession(deps, users.ann, client, { origin: 'password', amr: ['password'], isFresh: true }),
      { locks: userLocks(users.ann) },
    )
  const first = await start()
  for (let i = 1; i < 50; i++) {
    advance(1)
    await start()
  }
  const ids = async () => (await listActiveSessions(deps, users.ann)).map(({ id }) => id)
  expect(await ids()).toContain(first?.session.id ?? '')
  advance(1)
  const last = await start()
  expect([(await ids()).length, (await ids())[0]]).toEqual([50, last?.session.id ?? ''])
  expect(await ids()).not.toContain(first?.session.id ?? '')
})

test('twenty restores by a remember token leave one active session and one stored event', async () => {
  const { annsBrowser, deps, users, advance } = await annRemembered()
  for (let i = 0; i < 20; i++) {
    annsBrowser.close()
    advance(seconds(1))
    await annsBrowser.get('/profile')
  }
  expect(await listActiveSessions(deps, users.ann)).toHaveLength(1)
  const events = deps.db.selectFrom('security_events').select('count').where('kind', '=', 'session-restored')
  expect(await events.execute()).toEqual([{ count: 20 }])
})
