import { Elysia, t } from 'elysia'
import { hashPassword } from '@/model/password-hashes'
import { changePassword, flawInNewPassword, isPasswordOf } from '@/model/passwords'
import { findChange } from '@/model/users'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { notAllowed } from '@/web/refusals'
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
        const isRight = await isPasswordOf(deps, currentUser, body.password, client)
        // No password is right for an account that is shut, whoever was let in by force.
        if (!isRight && (await findChange(deps, currentUser)) === 'deactivated') throw notAllowed()
        const mistakes = {
          password: isRight ? undefined : 'This is not your current password. Type it again.',
          new_password: await flawInNewPassword(deps, body.new_password, body.password, currentUser),
        }
        const page = { user: currentUser, minLength: deps.config.passwords.minLength, can }
        if (mistakes.password ?? mistakes.new_password) return reply.page(PasswordPage({ ...page, mistakes }), 422)

        const hash = await hashPassword(deps, body.new_password, client.source)
        const isChanged = await confirmLogin({
          along: (deps) => changePassword(deps, currentUser, hash, currentUser.id, { kept: session, client }),
          remember: session.series_id !== null,
        })
        if (!isChanged) return reply.go('/settings/password', 'password-not-changed')
        return reply.go('/settings', 'password-changed')
      },
      { body: Change },
    )
