import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import type { Actor } from '@/deps/events'
import { isTwoStepOn } from '@/model/factors/assurance'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { summarizeAccess } from '@/model/accounts/access-summary'
import { changeEmailOf } from '@/model/accounts/change-email'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { findFactors } from '@/model/accounts/factors/find-factors'
import { resetFactorsOf, wouldLockOut } from '@/model/accounts/factors/reset-factors'
import { sendResetTo } from '@/model/accounts/send-reset'
import { sendVerificationTo } from '@/model/accounts/send-verification'
import { cancelDeletion, requestDeletion } from '@/model/accounts/request-deletion'
import { unlockUser } from '@/model/accounts/unlock'
import { markVerified } from '@/model/accounts/verify-email'
import { isMailOn } from '@/model/mails/request-mail'
import { findListedUser, findUserWithStatus } from '@/model/users/user-list'
import type { Session, User } from '@/model/types'
import { listActiveSessions } from '@/model/sessions/expiry'
import { changeRole, findRole, hasPermission, roles } from '@/model/users/roles'
import { locksToChange } from '@/model/sessions/recheck'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { withRecheck } from '@/http/auth/recheck'
import type { Context } from '@/http/types/context'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { doNotSave } from '@/http/auth/saved-request'
import { notFound } from '@/http/response/http-errors'
import { ConfirmDeactivation, ConfirmDeletion, ConfirmEndOfSessions } from './confirmations'
import { ConfirmTwoStepReset, LockOutPage, OwnTwoStepPage } from './two-step'
import type { UserErrors } from './user-props'
import { UserPage } from './views'

const LAST_ADMIN_ERROR = 'This is the last active admin. Give another user the admin role first.'
const TOO_LATE_ERROR = 'It is too late to keep this account. It is deleted within a few minutes.'

type UserContext = Pick<
  Context,
  'deps' | 'currentUser' | 'session' | 'can' | 'isFresh' | 'factors' | 'reloginUrl' | 'reply'
>

const NewRole = t.Object({ role: textField })

export const adminUser = (guards: Guards) =>
  new Elysia()
    .use(writeRoutes(guards))
    .use(guards.permissionRequired('users:read'))
    .get('/:id', async (context) => renderUser(context, await findOr404(context.deps, context.params.id)))

const writeRoutes = ({ freshPermissionRequired }: Guards) =>
  new Elysia({ prefix: '/:id' })
    .use(freshPermissionRequired('users:write'))
    .get('/deactivate', async ({ deps, params, session, reply }) =>
      reply.page(ConfirmDeactivation(await confirmationOf(deps, session, params.id))),
    )
    .get('/delete', async ({ deps, params, session, reply }) => {
      const grace = deps.config.deletionGrace
      return reply.page(ConfirmDeletion({ ...(await confirmationOf(deps, session, params.id)), grace }))
    })
    .get('/end-sessions', async ({ deps, params, session, reply }) =>
      reply.page(ConfirmEndOfSessions(await confirmationOf(deps, session, params.id))),
    )
    .get('/reset-two-step', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      const page = { account, path: userPath(account) }
      if (account.id === session.user_id) return reply.page(OwnTwoStepPage(page), 409)
      if (await wouldLockOut(deps, account)) return reply.page(LockOutPage(page), 409)
      const { hasPassword } = await findFactors(deps, account)
      return reply.page(ConfirmTwoStepReset({ ...page, hasPassword }))
    })
    .post(
      '/reset-two-step',
      async ({ deps, params, session, reply }) => {
        const account = await findOr404(deps, params.id)
        // Admins remove their own factors on their Security page: another admin checks who asks for a reset.
        if (account.id === session.user_id) return reply.page(OwnTwoStepPage({ path: userPath(account) }), 409)
        const done = await changeAsAdmin(deps, session, account, (deps, by) => resetFactorsOf(deps, account, by))
        if (done === 'locked-out') return reply.page(LockOutPage({ account, path: userPath(account) }), 409)
        return reply.redirect(userPath(account), done === 'reset' ? 'factors-reset' : 'factors-reset-without-password')
      },
      doNotSave,
    )
    .post('/activate', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => activateUser(deps, account, by))
      return reply.redirect(userPath(account), 'user-activated')
    })
    .post('/unlock', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => unlockUser(deps, account, by))
      return reply.redirect(userPath(account), 'user-unlocked')
    })
    .post('/deactivate', async (context) => {
      const { deps, params, session, reply } = context
      const account = await findOr404(deps, params.id)
      const isDone = await changeAsAdmin(deps, session, account, (deps, by) => deactivateUser(deps, account, by))
      return isDone
        ? reply.redirect(userPath(account), 'user-deactivated')
        : renderUser(context, account, { state: LAST_ADMIN_ERROR })
    })
    .post('/delete', async (context) => {
      const { deps, params, session, reply } = context
      const account = await findOr404(deps, params.id)
      const isDone = await changeAsAdmin(deps, session, account, (deps, by) => requestDeletion(deps, account, { by }))
      return isDone
        ? reply.redirect(userPath(account), 'user-deletion-requested')
        : renderUser(context, account, { deletion: LAST_ADMIN_ERROR })
    })
    .post('/cancel-deletion', async (context) => {
      const { deps, params, session, reply } = context
      const account = await findOr404(deps, params.id)
      const isDone = await changeAsAdmin(deps, session, account, (deps, by) => cancelDeletion(deps, account, by))
      return isDone || account.deletion_at === null
        ? reply.redirect(userPath(account), 'user-deletion-cancelled')
        : renderUser(context, account, { deletion: TOO_LATE_ERROR })
    })
    .post('/end-sessions', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => revokeSessionsOf(deps, account, by))
      return reply.redirect(userPath(account), 'sessions-ended')
    })
    .post(
      '/role',
      async (context) => {
        const { deps, params, body, session, reply } = context
        const account = await findOr404(deps, params.id)
        const role = findRole(body.role)
        if (!role) return renderUser(context, account, { role: `Choose a role: ${roles.join(', ')}.` })
        const isDone = await changeAsAdmin(deps, session, account, (deps, by) => changeRole(deps, account, role, by))
        if (!isDone) return renderUser(context, account, { role: LAST_ADMIN_ERROR }, role)
        const losesAccess = account.id === session.user_id && !hasPermission({ role }, 'users:read')
        return reply.redirect(losesAccess ? '/dashboard' : userPath(account), 'role-changed')
      },
      { body: NewRole },
    )

const NewAddress = t.Object({ email: textField })

/** While mail is on. No answer shows a link: only the owner of the mailbox may choose the password (ASVS 5.0, 6.4.6). */
export const userEmail = ({ freshPermissionRequired }: Guards) =>
  new Elysia({ prefix: '/admin/users/:id' })
    .use(freshPermissionRequired('users:write'))
    .post('/send-reset', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => sendResetTo(deps, account, by))
      return reply.redirect(userPath(account), 'user-reset-sent')
    })
    .post('/verify-email', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => markVerified(deps, account, by))
      return reply.redirect(userPath(account), 'user-email-verified')
    })
    .post('/send-verification', async ({ deps, params, session, reply }) => {
      const account = await findOr404(deps, params.id)
      await changeAsAdmin(deps, session, account, (deps, by) => sendVerificationTo(deps, account, by))
      return reply.redirect(userPath(account), 'user-verification-sent')
    })
    .post(
      '/email',
      async (context) => {
        const { deps, params, body, session, reply } = context
        const account = await findOr404(deps, params.id)
        const changed = await changeAsAdmin(
          deps,
          session,
          account,
          (deps, by) => changeEmailOf(deps, account, body.email, by),
          body.email,
        )
        if (changed.kind === 'invalid') return renderUser(context, account, { email: changed.error }, body.email)
        return reply.redirect(userPath(account), 'user-email-changed')
      },
      { body: NewAddress },
    )

const changeAsAdmin = <T>(
  deps: Deps,
  session: Session,
  account: Pick<User, 'id' | 'email'>,
  work: (deps: Deps, by: Actor) => Promise<T>,
  newEmail?: string,
) => withRecheck(deps, session, 'users:write', (deps) => work(deps, session.user_id), locksToChange(account, newEmail))

const userPath = ({ id }: Pick<User, 'id'>) => `/admin/users/${encodeURIComponent(id)}`

async function findOr404(deps: Deps, id: string) {
  const account = await findUserWithStatus(deps, id)
  if (!account) throw notFound()
  return account
}

async function confirmationOf(deps: Deps, { user_id }: Session, id: string) {
  const account = await findOr404(deps, id)
  return {
    account,
    path: userPath(account),
    access: await summarizeAccess(deps, account),
    isOwn: account.id === user_id,
  }
}

async function renderUser(context: UserContext, { id }: Pick<User, 'id'>, errors?: UserErrors, selected?: string) {
  const { deps, currentUser, session, can, isFresh, reply } = context
  const account = await findListedUser(deps, id)
  if (!account) throw notFound()
  const path = userPath(account)
  const page = {
    account,
    path,
    access: await summarizeAccess(deps, account),
    factors: await findFactors(deps, account),
    sessions: await listActiveSessions(deps, account),
    currentSessionId: session?.id,
    isOwn: session?.user_id === account.id,
    roles,
    canWrite: can('users:write'),
    canSendReset: isMailOn(deps),
    isVerificationOn: deps.config.emailVerification !== 'off',
    isFresh,
    isTwoStep: currentUser !== undefined && isTwoStepOn(currentUser),
    isPasswordOnly: hasPasswordOnly(await context.factors()),
    reloginUrl: context.reloginUrl(path),
    selected,
    errors,
  }
  return reply.page(UserPage(page), errors ? 422 : 200)
}
