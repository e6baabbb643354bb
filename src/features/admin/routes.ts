import { Elysia, t } from 'elysia'
import { listUsers } from '@/model/users/user-list'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { adminUser } from './user/routes'
import { UsersPage } from './views'

const Search = t.Object({ q: textField, after: textField })

export const admin = (guards: Guards) =>
  new Elysia({ prefix: '/admin/users' })
    .use(adminUser(guards))
    .use(guards.permissionRequired('users:read'))
    .get(
      '/',
      async ({ deps, query: { q, after }, reply }) => {
        const search = q.replace(/\p{Cc}/gu, '') // SQLite compares text only up to a NUL
        return reply.page(UsersPage({ ...(await listUsers(deps, { query: search, after })), search }))
      },
      { query: Search },
    )
