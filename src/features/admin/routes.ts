import { Elysia, t } from 'elysia'
import { isTwoStepOn } from '@/model/factors/assurance'
import { countWaitingMails } from '@/model/mails/mails'
import { isMailOn } from '@/model/mails/request-mail'
import { findRole, roles } from '@/model/users/roles'
import { findSort, findState, listUsers, MAX_COUNT, states } from '@/model/users/user-list'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { menuTextOf } from './mail/menu-text'
import { adminUser } from './user/routes'
import { UsersPage } from './views'

const Search = t.Object({
  q: textField,
  role: textField,
  state: textField,
  sort: textField,
  after: textField,
  before: textField,
})

export const admin = (guards: Guards) =>
  new Elysia({ prefix: '/admin/users' })
    .use(adminUser(guards))
    .use(guards.permissionRequired('users:read'))
    .get(
      '/',
      async ({ deps, currentUser, query, can, reply }) => {
        const { after, before } = query
        const search = {
          query: query.q.replace(/\p{Cc}/gu, ''), // SQLite compares text only up to a NUL
          role: findRole(query.role),
          state: findState(query.state),
          sort: findSort(query.sort) ?? 'email',
        }
        const page = await listUsers(deps, { ...search, after, before })
        const menuTexts = isMailOn(deps) && can('mail:read') ? menuTextOf(await countWaitingMails(deps)) : undefined
        const isTwoStep = isTwoStepOn(currentUser)
        return reply.page({
          ...UsersPage({ ...page, search, roles, states, maxCount: MAX_COUNT, isTwoStep }),
          menuTexts,
        })
      },
      { query: Search },
    )
