import { Elysia, t } from 'elysia'
import { listAccounts } from '@/model/users/user-list'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { oneUser } from './user/routes'
import { UsersPage } from './views'

const Search = t.Object({ q: text, after: text })

export const admin = (guards: Guards) =>
  new Elysia({ prefix: '/admin/users' })
    .use(oneUser(guards))
    .use(guards.can('users:read'))
    .get(
      '/',
      async ({ deps, query: { q, after }, can, reply }) => {
        const sought = q.replace(/\p{Cc}/gu, '') // SQLite stops to compare at a NUL
        return reply.page(UsersPage({ ...(await listAccounts(deps, { sought, after })), sought, can }))
      },
      { query: Search },
    )
