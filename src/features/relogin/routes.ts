import { Elysia, t } from 'elysia'
import { loginNeedsVerification, verifyPassword } from '@/model/accounts/authenticate'
import { isReloginDialog } from '@/http/request/client'
import { beginVerifiedLogin } from '@/http/auth/confirm-login'
import { redirectToRestore } from '@/http/auth/restore-account'
import { findSecondStep } from '@/http/auth/second-step'
import { secondStepProps } from '@/http/auth/second-step-props'
import { textField } from '@/http/request/form-fields'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { reloginByCode } from './code/routes'
import { reloginByPasskey } from './passkey/routes'
import { renderRelogin, type ReloginContext } from './relogin-page'
import { SecondStepDialog } from './views'

const PasswordForm = t.Object({ password: textField })

export const relogin = (guards: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginByCode(guards))
    .use(reloginByPasskey(guards))
    .use(guards.reloginPending)
    .get('/', (context) => renderRelogin(context))
    .post(
      '/',
      async (context) => {
        const { deps, client, sessionLookup, body, returnPath, reauthenticate, afterLoginPath, reply } = context
        const tried = await verifyPassword(deps, sessionLookup.user, body.password, client)
        if (tried.kind === 'deletion-scheduled') return redirectToRestore(context, tried.user)
        if (tried.kind !== 'ok') return renderRelogin(context, { password: tried })
        if (sessionLookup.kind === 'ended' && loginNeedsVerification(deps, tried.user)) {
          const verification = await beginVerifiedLogin(context, tried.user, { loginHitId: tried.loginHitId })
          return verification instanceof Response ? verification : renderRelogin(context, { password: verification })
        }

        const login = await reauthenticate({ method: 'password', loginHitId: tried.loginHitId })
        if (login.kind === 'logged-in') return reply.redirect(login.to, 'logged-in')
        if (login.kind === 'second-step') return askForSecondStep(context, login.to)
        if (login.limit) return renderRelogin(context, { password: login.limit })
        // After a concurrent logout or re-login the next page shows the state, so no success message is set.
        return reply.redirect(await afterLoginPath(sessionLookup.user, returnPath))
      },
      { body: PasswordForm },
    )
    .post('/switch-user', async ({ loginUrl, logOut, reply }) => {
      await logOut()
      return reply.redirect(loginUrl())
    })

/** In the dialog, so that typed input of the page stays. */
async function askForSecondStep(context: ReloginContext & Context, to: string) {
  const { request, reply } = context
  const pending = isReloginDialog(request) ? await findSecondStep(context) : undefined
  if (!pending) return reply.redirect(to)
  return reply.dialog(SecondStepDialog(await secondStepProps({ ...context, pending })))
}
