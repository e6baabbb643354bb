import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import type { Actor } from '@/deps/events'
import { listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { findAccount } from '@/model/users/user-list'
import type { Account, Session } from '@/model/types'
import { countSessionsOf } from '@/model/sessions/expiry'
import { changeRole, findRole, isAllowed, roles } from '@/model/users/roles'
import { revokeSessionsOf } from '@/model/sessions/end'
import { act } from '@/http/auth/recheck'
import type { Context } from '@/http/types'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { UserPage, type UserMistakes } from './views'

const LAST_ADMIN = 'This is the last active admin. Make somebody else an admin first.'

type Asker = Pick<Context, 'deps' | 'can' | 'isFresh' | 'reloginUrl' | 'reply'>

const NewRole = t.Object({ role: text })

export const oneUser = (guards: Guards) =>
  new Elysia()
    .use(changes(guards))
    .use(guards.can('users:read'))
    .get('/:id', async (context) => show(context, await find(context.deps, context.params.id)))

const changes = ({ freshCan }: Guards) =>
  new Elysia({ prefix: '/:id' })
    .use(freshCan('users:write'))
    .post('/activate', async ({ deps, params, session, reply }) => {
      const account = await find(deps, params.id)
      await change(deps, session, (deps, by) => activateUser(deps, account, by))
      return reply.go(addressOf(account), 'user-activated')
    })
    .post('/deactivate', async (context) => {
      const { deps, params, session, reply } = context
      const account = await find(deps, params.id)
      const isDone = await change(deps, session, (deps, by) => deactivateUser(deps, account, by))
      return isDone ? reply.go(addressOf(account), 'user-deactivated') : show(context, account, { state: LAST_ADMIN })
    })
    .post('/end-sessions', async ({ deps, params, session, reply }) => {
      const account = await find(deps, params.id)
      await change(deps, session, (deps, by) => revokeSessionsOf(deps, account, by))
      return reply.go(addressOf(account), 'sessions-ended')
    })
    .post(
      '/role',
      async (context) => {
        const { deps, params, body, session, reply } = context
        const account = await find(deps, params.id)
        const role = findRole(body.role)
        if (!role) return show(context, account, { role: `Choose a role: ${roles.join(', ')}.` })
        const isDone = await change(deps, session, (deps, by) => changeRole(deps, account, role, by))
        if (!isDone) return show(context, account, { role: LAST_ADMIN }, role)
        const isShutOut = account.id === session.user_id && !isAllowed({ role }, 'users:read')
        return reply.go(isShutOut ? '/dashboard' : addressOf(account), 'role-changed')
      },
      { body: NewRole },
    )

/** Does it by the hand of who asks, as long as they may. */
const change = <T>(deps: Deps, session: Session, work: (deps: Deps, by: Actor) => Promise<T>) =>
  act(deps, session, 'users:write', (deps) => work(deps, session.user_id))

const addressOf = ({ id }: Account) => `/admin/users/${encodeURIComponent(id)}`

async function find(deps: Deps, id: string) {
  const account = await findAccount(deps, id)
  if (!account) throw notFound()
  return account
}

/** The user's page, with what is wrong where something is. */
async function show(asker: Asker, account: Account, mistakes?: UserMistakes, chosen?: string) {
  const { deps, can, isFresh, reply } = asker
  const [sessions, tokens] = [await countSessionsOf(deps, account), (await listApiTokensOf(deps, account)).length]
  const reloginUrl = asker.reloginUrl(addressOf(account))
  const page = { account, roles, sessions, tokens, can, isFresh, reloginUrl, chosen, mistakes }
  return reply.page(UserPage(page), mistakes ? 422 : 200)
}
