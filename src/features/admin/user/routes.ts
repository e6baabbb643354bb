import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps'
import { listApiTokensOf } from '@/model/api-tokens'
import { activateUser, deactivateUser } from '@/model/deactivation'
import { findAccount, type Account } from '@/model/directory'
import { listSessionsOf } from '@/model/live-sessions'
import { changeRole, findRole, roles } from '@/model/roles'
import { revokeSessionsOf } from '@/model/session-ends'
import { act } from '@/web/act'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { notFound } from '@/web/refusals'
import { UserPage } from './views'

const LAST_ADMIN = 'This is the last active admin. Make somebody else an admin first.'

const NewRole = t.Object({ role: text })

export const oneUser = (guards: Guards) =>
  new Elysia()
    .use(changes(guards))
    .use(guards.can('users:read'))
    .get('/:id', async ({ deps, params, can, isFresh, reply }) =>
      reply.page(UserPage(await read(deps, params.id, { can, isFresh }))),
    )

const changes = ({ freshCan }: Guards) =>
  new Elysia({ prefix: '/:id' })
    .use(freshCan('users:write'))
    .post('/activate', async ({ deps, params, session, reply }) => {
      const account = await find(deps, params.id)
      await act(deps, session, 'users:write', (deps) => activateUser(deps, account, session.user_id))
      return reply.go(addressOf(account), 'user-activated')
    })
    .post('/deactivate', async ({ deps, params, session, can, isFresh, reply }) => {
      const account = await find(deps, params.id)
      if (await act(deps, session, 'users:write', (deps) => deactivateUser(deps, account, session.user_id)))
        return reply.go(addressOf(account), 'user-deactivated')
      return reply.page(UserPage({ ...(await read(deps, account.id, { can, isFresh })), mistake: LAST_ADMIN }), 422)
    })
    .post('/end-sessions', async ({ deps, params, session, reply }) => {
      const account = await find(deps, params.id)
      await act(deps, session, 'users:write', (deps) => revokeSessionsOf(deps, account, session.user_id))
      return reply.go(addressOf(account), 'sessions-ended')
    })
    .post(
      '/role',
      async ({ deps, params, body, session, can, isFresh, reply }) => {
        const account = await find(deps, params.id)
        const role = findRole(body.role)
        if (
          role &&
          (await act(deps, session, 'users:write', (deps) => changeRole(deps, account, role, session.user_id)))
        )
          return reply.go(addressOf(account), 'role-changed')
        const mistake = role ? LAST_ADMIN : `Choose a role: ${roles.join(', ')}.`
        return reply.page(UserPage({ ...(await read(deps, account.id, { can, isFresh })), mistake }), 422)
      },
      { body: NewRole },
    )

const addressOf = ({ id }: Pick<Account, 'id'>) => `/admin/users/${encodeURIComponent(id)}`

async function find(deps: Deps, id: string) {
  const account = await findAccount(deps, id)
  if (!account) throw notFound()
  return account
}

async function read<Asker>(deps: Deps, id: string, asker: Asker) {
  const account = await find(deps, id)
  const [sessions, tokens] = [await listSessionsOf(deps, account), await listApiTokensOf(deps, account)]
  return { ...asker, account, roles, sessions: sessions.length, tokens: tokens.length }
}
