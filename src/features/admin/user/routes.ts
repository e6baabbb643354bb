import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import type { Actor } from '@/deps/events'
import { listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { findUserWithStatus } from '@/model/users/user-list'
import type { UserWithStatus, Session } from '@/model/types'
import { countActiveSessions } from '@/model/sessions/expiry'
import { changeRole, findRole, hasPermission, roles } from '@/model/users/roles'
import { revokeSessionsOf } from '@/model/sessions/end'
import { withRecheck } from '@/http/auth/recheck'
import type { Context } from '@/http/types'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { UserPage, type UserErrors } from './views'

const LAST_ADMIN_ERROR = 'This is the last active admin. Give another user the admin role first.'

type UserContext = Pick<Context, 'deps' | 'can' | 'isFresh' | 'reloginUrl' | 'reply'>

const NewRole = t.Object({ role: textField })

export const adminUser = (guards: Guards) =>
  new Elysia()
    .use(writeRoutes(guards))
    .use(guards.permissionRequired('users:read'))
    .get('/:id', async (context) => renderUser(context, await findOr404(context.deps, context.params.id)))

const writeRoutes = ({ freshPermissionRequired }: Guards) =>
  new Elysia({ prefix: '/:id' })
    .use(freshPermissionRequired('users:write'))
    .post('/activate', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, (deps, by) => activateUser(deps, account, by))
      return reply.redirect(userPath(account), 'user-activated')
    })
    .post('/deactivate', async (context) => {
      const { deps, params, session, reply } = context
      const account = await findOr404(deps, params.id)
      const isDone = await changeAsAdmin(deps, session, (deps, by) => deactivateUser(deps, account, by))
      return isDone
        ? reply.redirect(userPath(account), 'user-deactivated')
        : renderUser(context, account, { state: LAST_ADMIN_ERROR })
    })
    .post('/end-sessions', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, (deps, by) => revokeSessionsOf(deps, account, by))
      return reply.redirect(userPath(account), 'sessions-ended')
    })
    .post(
      '/role',
      async (context) => {
        const { deps, params, body, session, reply } = context
        const account = await findOr404(deps, params.id)
        const role = findRole(body.role)
        if (!role) return renderUser(context, account, { role: `Choose a role: ${roles.join(', ')}.` })
        const isDone = await changeAsAdmin(deps, session, (deps, by) => changeRole(deps, account, role, by))
        if (!isDone) return renderUser(context, account, { role: LAST_ADMIN_ERROR }, role)
        const losesAccess = account.id === session.user_id && !hasPermission({ role }, 'users:read')
        return reply.redirect(losesAccess ? '/dashboard' : userPath(account), 'role-changed')
      },
      { body: NewRole },
    )

const changeAsAdmin = <T>(deps: Deps, session: Session, work: (deps: Deps, by: Actor) => Promise<T>) =>
  withRecheck(deps, session, 'users:write', (deps) => work(deps, session.user_id))

const userPath = ({ id }: UserWithStatus) => `/admin/users/${encodeURIComponent(id)}`

async function findOr404(deps: Deps, id: string) {
  const account = await findUserWithStatus(deps, id)
  if (!account) throw notFound()
  return account
}

async function renderUser(context: UserContext, account: UserWithStatus, errors?: UserErrors, selected?: string) {
  const { deps, can, isFresh, reply } = context
  const [sessions, tokens] = [await countActiveSessions(deps, account), (await listApiTokensOf(deps, account)).length]
  const reloginUrl = context.reloginUrl(userPath(account))
  const page = { account, roles, sessions, tokens, can, isFresh, reloginUrl, selected, errors }
  return reply.page(UserPage(page), errors ? 422 : 200)
}
