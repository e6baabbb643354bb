import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { adminTest } from './support/features'
import { ann, annAndEve } from './support/people'
import { CLOSED, listen } from './support/stream'

test('as() returns a browser with a real session, fresh or stale, remembered or not', async () => {
  for (const APP_URL of ['http://localhost', 'https://app.example']) {
    const site = await annAndEve({ APP_URL, SESSION_PROTECTION: 'strong' })
    for (const fresh of [true, false])
      for (const remembered of [true, false]) {
        const anns = await site.as(ann, { fresh, remembered })
        expect((await anns.get('/profile')).html).toContain('Welcome, Ann!')
        expect((await anns.get('/settings/password')).status).toBe(fresh ? 200 : 303)
        anns.close()
        expect((await anns.get('/profile')).status).toBe(remembered ? 200 : 303)
      }
    const rows = await site.deps.db
      .selectFrom('sessions')
      .select(['user_id', 'started_by'])
      .where('started_by', '=', 'password')
      .execute()
    expect(rows).toEqual(Array.from({ length: 4 }, () => ({ user_id: site.users.ann.id, started_by: 'password' })))
  }
})

adminTest('as() rejects a user who cannot log in and disables no guard', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  expect((await anns.get('/admin/users')).status).toBe(403)
  await deactivateUser(site.deps, site.users.ann, 'a test')
  expect((await anns.get('/profile')).status).toBe(303)
  await expect(site.as(ann)).rejects.toThrow('may not log in')
  await expect(site.as({ email: 'unknown@example.test' })).rejects.toThrow('is not a user')
})

test('as() remembers the device for the configured duration', async () => {
  const site = await annAndEve({}, { rememberFor: days(1) })
  const anns = await site.as(ann, { remembered: true })
  anns.close()
  site.advance(days(1))
  expect((await anns.get('/profile')).status).toBe(303)
})

let left: Awaited<ReturnType<typeof listen>> | undefined

test('a test may leave a session stream open', async () => {
  const { as, app } = await annAndEve()
  left = await listen({ app }, await as(ann))
  expect(await left.next()).toMatchObject({ event: 'connected' })
})

test('a session stream that a test left open is closed before the next test', async () => {
  expect(await left?.next()).toEqual(CLOSED)
})
