import { Elysia, t } from 'elysia'
import { findReset, resetPassword } from '@/model/accounts/reset-password'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { reportOpened } from '@/http/response/link-events'
import { LinkQuery, takeLinkToken } from '@/http/response/link-token'
import type { Guards } from '@/http/auth/guards'
import { refuse } from './refuse'
import { renderStep } from './render-step'
import { resetStep } from './second-step/routes'
import { ResetPasswordPage } from './views'

const NewPassword = t.Object({ new_password: textField })

/** A GET uses no token up, so that link scanners of mailboxes harm no link. */
export const passwordReset = (guards: Guards) =>
  new Elysia({ prefix: '/reset-password' })
    .use(resetStep(guards))
    .use(guards.anyone)
    .get(
      '/',
      async (context) => {
        const moved = takeLinkToken(context, '/reset-password')
        if (moved) return moved
        const { deps, reply } = context
        const reset = await findReset(deps, cookiesIn(context).get('one-time'))
        if (reset.kind === 'invalid' || reset.kind === 'deactivated') return refuse(context, reset.kind)
        reportOpened(context, 'reset-password')
        if (reset.kind === 'second-step') return renderStep(context, reset)
        return reply.page(ResetPasswordPage({ ...reset, minLength: deps.config.passwords.minLength }))
      },
      { query: LinkQuery },
    )
    .post(
      '/',
      async (context) => {
        const { deps, client, currentUser, body, loginUrl, reply } = context
        const cookies = cookiesIn(context)
        const reset = await resetPassword(deps, cookies.get('one-time'), body.new_password, client)
        if (reset.kind === 'invalid' || reset.kind === 'deactivated') return refuse(context, reset.kind)
        if (reset.kind === 'second-step') return renderStep(context, reset, {}, 422)
        if (reset.kind === 'weak')
          return reply.page(ResetPasswordPage({ ...reset, minLength: deps.config.passwords.minLength }), 422)
        cookies.clear('one-time')
        const isOther = currentUser !== undefined && currentUser.id !== reset.user.id
        return isOther
          ? reply.redirect('/profile', 'password-reset-other')
          : reply.redirect(loginUrl(), reset.isRecovered ? 'account-recovered' : 'password-reset')
      },
      { body: NewPassword },
    )
