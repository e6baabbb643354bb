import { expect, test } from 'bun:test'
import { inTransaction } from '@/deps/transaction'
import { seconds } from '@/lib/duration'
import { listActiveSessions } from '@/model/sessions/expiry'
import { startSession } from '@/model/sessions/sessions'
import { client } from '../../support/open-request'
import { annAndEve, annRemembered } from '../../support/people'

test('a user has fifty live sessions at most: the next ends the one that was used longest ago', async () => {
  const { deps, users, advance } = await annAndEve()
  const start = () =>
    inTransaction(deps, (deps) => startSession(deps, users.ann, client, { origin: 'password', isFresh: true }))
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

test('whoever comes back again and again by a remember token has one session, and one line in the history', async () => {
  const { annsBrowser, deps, users, advance } = await annRemembered()
  for (let i = 0; i < 20; i++) {
    annsBrowser.close()
    advance(seconds(1))
    await annsBrowser.get('/profile')
  }
  expect(await listActiveSessions(deps, users.ann)).toHaveLength(1)
  const lines = deps.db.selectFrom('security_events').select('count').where('kind', '=', 'session-restored')
  expect(await lines.execute()).toEqual([{ count: 20 }])
})
