import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { emptyOutbox } from './mailbox'
import { ann, annAndEve, eve } from './people'

export const sue = { email: 'sue@example.test', name: 'Sue', password: 'a lamp in the window' }

/** Ann is an admin, sue has the role support, eve is a user. */
export async function annAsAdmin(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const suesUser = await createUser(site.deps, sue, 'support')
  if (!suesUser) throw new Error('the address of a test person is taken')
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  await emptyOutbox(site)
  const users = { ...site.users, sue: suesUser }
  return {
    ...site,
    users,
    anns: await site.as(ann),
    eves: await site.as(eve),
    sues: await site.as(sue),
    pageOf: (who: keyof typeof users) => `/admin/users/${users[who].id}`,
  }
}
