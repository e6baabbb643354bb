import { Elysia, t } from 'elysia'
import { hashPassword } from '@/model/passwords/hash'
import { tryPassword } from '@/model/accounts/authenticate'
import { changePassword } from '@/model/accounts/change-password'
import { flawInNewPassword } from '@/model/passwords/validate'
import { findChange } from '@/model/users/users'
import { statusOf } from '@/http/response/auth-status'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { notAllowed } from '@/http/response/http-errors'
import { PasswordPage } from './views'

const Change = t.Object({ password: text, new_password: text })

export const passwordSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/password' })
    .use(freshLoginRequired)
    .get('/', ({ deps, currentUser, can, reply }) =>
      reply.page(PasswordPage({ user: currentUser, minLength: deps.config.passwords.minLength, can })),
    )
    .post(
      '/',
      async ({ deps, client, currentUser, session, body, confirmLogin, can, reply }) => {
        const tried = await tryPassword(deps, currentUser, body.password, client)
        const failed = tried.kind === 'right' ? undefined : tried
        // No password is right for an account that is shut, whoever was let in by force.
        if (failed && (await findChange(deps, currentUser)) === 'deactivated') throw notAllowed()
        const mistake = await flawInNewPassword(deps, body.new_password, body.password, currentUser)
        const page = { user: currentUser, minLength: deps.config.passwords.minLength, can, failed, mistake }
        if (failed) return reply.page(PasswordPage(page), ...statusOf(failed))
        if (mistake) return reply.page(PasswordPage(page), 422)

        const hash = await hashPassword(deps, body.new_password, client.source)
        const isChanged = await confirmLogin({
          inSameTransaction: (deps) =>
            changePassword(deps, currentUser, hash, currentUser.id, { kept: session, client }),
          remember: session.series_id !== null,
        })
        if (!isChanged) return reply.go('/settings/password', 'password-not-changed')
        return reply.go('/settings', 'password-changed')
      },
      { body: Change },
    )
