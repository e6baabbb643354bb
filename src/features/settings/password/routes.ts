import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { hashPassword, hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { verifyPassword } from '@/model/accounts/authenticate'
import { changePassword } from '@/model/accounts/change-password'
import { isDeactivated } from '@/model/accounts/deactivate'
import { hasPassword, setPassword } from '@/model/accounts/passwordless'
import { isMailOn } from '@/model/mails/request-mail'
import { validateNewPassword, validatePassword } from '@/model/passwords/validate'
import type { Session, User } from '@/model/types'
import { withNewToken } from '@/http/auth/with-new-token'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { forbidden } from '@/http/response/http-errors'
import { PasswordPage } from './views'

const Change = t.Object({ password: textField, new_password: textField })

export const passwordSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/password' })
    .use(freshLoginRequired)
    .get('/', async ({ deps, currentUser, reply }) => reply.page(PasswordPage(await propsOf(deps, currentUser))))
    .post(
      '/',
      async (context) => {
        const { deps, client, currentUser, session, body, reauthenticate, reply } = context
        if (!(await hasPassword(deps, currentUser))) return setFirstPassword(context)
        const tried = await verifyPassword(deps, currentUser, body.password, client)
        if (tried.kind === 'deletion-scheduled') throw forbidden() // the session has just ended
        const failure = tried.kind === 'ok' ? undefined : tried
        // A deactivated user with a forced login must get no password error.
        if (failure && (await isDeactivated(deps, currentUser))) throw forbidden()
        const current = tried.kind === 'ok' ? tried.password : body.password
        const error = await validateNewPassword(deps, body.new_password, current, currentUser)
        const page = { ...(await propsOf(deps, currentUser)), failure, error }
        if (failure) return reply.page(PasswordPage(page), ...authStatus(failure))
        if (error) return reply.page(PasswordPage(page), 422)

        const hash = await hashPassword(deps, body.new_password, client.source)
        const changed = await reauthenticate({
          method: 'password',
          inSameTransaction: (deps) =>
            changePassword(deps, currentUser, hash, currentUser.id, { keepSession: session, client }),
          remember: session.series_id !== null,
        })
        if (changed.kind === 'second-step') return reply.redirect(changed.to)
        if (changed.kind === 'rejected') return reply.redirect('/settings/password', 'password-not-changed')
        const hasSpace = hasWhiteSpaceAtEnds(body.new_password)
        return reply.redirect('/settings', hasSpace ? 'password-changed-with-space' : 'password-changed')
      },
      { body: Change },
    )

const propsOf = async (deps: Deps, user: User) => ({
  user,
  hasPassword: await hasPassword(deps, user),
  minLength: deps.config.passwords.minLength,
  canReset: isMailOn(deps),
})

type FirstPasswordContext = Pick<Context, 'deps' | 'client' | 'request' | 'internal' | 'reply'> & {
  currentUser: User
  session: Session
  body: typeof Change.static
}

/** The login was fresh, and there is no present password to ask for. */
async function setFirstPassword(context: FirstPasswordContext) {
  const { deps, client, currentUser, session, body, reply } = context
  const error = await validatePassword(deps, body.new_password, currentUser)
  if (error) return reply.page(PasswordPage({ ...(await propsOf(deps, currentUser)), error }), 422)
  const hash = await hashPassword(deps, body.new_password, client.source)
  const isSet = await withNewToken(context, (deps) => setPassword(deps, currentUser, hash, { session, client }))
  if (!isSet) return reply.redirect('/settings/password', 'password-not-changed')
  const hasSpace = hasWhiteSpaceAtEnds(body.new_password)
  return reply.redirect('/settings', hasSpace ? 'password-changed-with-space' : 'password-changed')
}
