import { Elysia, t } from 'elysia'
import { hashPassword, hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { verifyPassword } from '@/model/accounts/authenticate'
import { changePassword } from '@/model/accounts/change-password'
import { isMailOn } from '@/model/mails/request-mail'
import { validateNewPassword } from '@/model/passwords/validate'
import { staleReason } from '@/model/users/users'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { forbidden } from '@/http/response/http-errors'
import { PasswordPage } from './views'

const Change = t.Object({ password: textField, new_password: textField })

export const passwordSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/password' })
    .use(freshLoginRequired)
    .get('/', ({ deps, currentUser, reply }) =>
      reply.page(
        PasswordPage({ user: currentUser, minLength: deps.config.passwords.minLength, canReset: isMailOn(deps) }),
      ),
    )
    .post(
      '/',
      async ({ deps, client, currentUser, session, body, reauthenticate, reply }) => {
        const tried = await verifyPassword(deps, currentUser, body.password, client)
        if (tried.kind === 'deletion-scheduled') throw forbidden() // the session has just ended
        const failure = tried.kind === 'ok' ? undefined : tried
        // A deactivated user with a forced login must get no password error.
        if (failure && (await staleReason(deps, currentUser)) === 'deactivated') throw forbidden()
        const current = tried.kind === 'ok' ? tried.password : body.password
        const error = await validateNewPassword(deps, body.new_password, current, currentUser)
        const { minLength } = deps.config.passwords
        const page = { user: currentUser, minLength, canReset: isMailOn(deps), failure, error }
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
