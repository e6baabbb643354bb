import { expect, test } from 'bun:test'
import type { Deps } from '@/deps/deps'
import { listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { deactivateUser } from '@/model/accounts/deactivate'
import { changeRole } from '@/model/users/roles'
import { endSessionsOf } from '@/model/sessions/end-all'
import { createUser, findUser } from '@/model/users/users'
import type { User } from '@/model/types'
import { adminTest, tokenTest } from '../../support/features'
import { ann, annAndEve, eve } from '../../support/people'

type Stop = (deps: Deps, user: User) => Promise<unknown>

/** A site where `stop` runs while a guard reads ann, an admin. */
async function annStoppedBy(stop: Stop, env: Record<string, string> = {}) {
  let isStopping = false
  const site = await annAndEve(env, {
    findUser: async (id, deps) => {
      const found = await findUser(deps, id)
      if (isStopping && found) await stop(deps, found)
      return found
    },
  })
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  await changeRole(site.deps, site.users.eve, 'admin', 'command line')
  await createUser(site.deps, { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }, 'admin')
  const anns = await site.as(ann)
  await anns.get('/profile')
  isStopping = true
  return { ...site, anns }
}

const stops: [how: string, Stop][] = [
  ['logged out', (deps, user) => endSessionsOf(deps, user, 'logout')],
  ['deactivated', (deps, user) => deactivateUser(deps, user, 'command line')],
]
const demoted: [how: string, Stop] = ['demoted', (deps, user) => changeRole(deps, user, 'support', 'command line')]

tokenTest.each(stops)('a request by a user who is %s after the guard ran creates no API token', async (_, stop) => {
  const { anns, deps, users } = await annStoppedBy(stop)
  const { status, html } = await anns.post('/settings/tokens', { name: 'x', scopes: 'profile:read' })
  expect([status, html.includes('new-token')]).toEqual([403, false])
  expect(await listApiTokensOf(deps, users.ann)).toEqual([])
})

adminTest.each([...stops, demoted])('an admin who is %s after the guard ran can change no user', async (_, stop) => {
  for (const [change, fields] of [
    ['role', { role: 'user' }],
    ['deactivate', {}],
    ['end-sessions', {}],
    ['activate', {}],
  ] as const) {
    const { anns, deps, users, events, as } = await annStoppedBy(stop)
    const eves = await as(eve)
    if (change === 'activate') await deactivateUser(deps, users.eve, 'command line')
    const before = await deps.db.selectFrom('users').selectAll().where('id', '=', users.eve.id).executeTakeFirst()
    events.length = 0
    expect((await anns.post(`/admin/users/${users.eve.id}/${change}`, fields)).status).toBe(403)
    expect(await deps.db.selectFrom('users').selectAll().where('id', '=', users.eve.id).executeTakeFirst()).toEqual(
      before,
    )
    expect(events.filter((event) => 'by' in event && event.by === users.ann.id)).toEqual([])
    if (change !== 'activate') expect((await eves.get('/probe')).html).toContain('Hello Eve!')
  }
})

test.each(stops)('a user who is %s after the guard ran deletes no account and turns off no mails', async (_, stop) => {
  for (const [path, fields] of [
    ['/settings/delete', { email: ann.email }],
    ['/settings/notifications', {}],
  ] as const) {
    const { anns, deps, users } = await annStoppedBy(stop, { MAIL_URL: 'mailbox:' })
    expect([path, (await anns.post(path, fields)).status]).toEqual([path, 403])
    const row = deps.db
      .selectFrom('users')
      .select(['deletion_at', 'new_device_muted_at'])
      .where('id', '=', users.ann.id)
    expect(await row.executeTakeFirst()).toEqual({ deletion_at: null, new_device_muted_at: null })
  }
})
