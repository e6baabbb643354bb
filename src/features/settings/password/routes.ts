import { Elysia, t } from 'elysia'
import { changePassword, flawInNewPassword, isPasswordOf } from '@/model/passwords'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { PasswordPage } from './views'

const CHANGED_MEANWHILE = 'Your password was changed elsewhere just now. Type the new one.'

const Change = t.Object({ password: text, new_password: text })

export const passwordSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/password' })
    .use(freshLoginRequired)
    .get('/', ({ deps, currentUser, reply }) =>
      reply.page(PasswordPage({ user: currentUser, minLength: deps.config.passwords.minLength })),
    )
    .post(
      '/',
      async ({ deps, currentUser, session, body, confirmLogin, reply }) => {
        const isRight = await isPasswordOf(deps, currentUser, body.password)
        const mistakes = {
          password: isRight ? undefined : 'This is not your current password. Type it again.',
          new_password: await flawInNewPassword(deps, body.new_password, body.password, currentUser),
        }
        const page = { user: currentUser, minLength: deps.config.passwords.minLength }
        if (mistakes.password ?? mistakes.new_password) return reply.page(PasswordPage({ ...page, mistakes }), 422)

        if (!(await changePassword(deps, currentUser, session, body.new_password)))
          return reply.page(PasswordPage({ ...page, mistakes: { password: CHANGED_MEANWHILE } }), 422)
        await confirmLogin({ remember: session.series_id !== null })
        return reply.go('/settings', 'password-changed')
      },
      { body: Change },
    )
