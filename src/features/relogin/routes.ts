import { Elysia, t } from 'elysia'
import { loginNeedsVerification, verifyPassword } from '@/model/accounts/authenticate'
import type { AuthFailure, SessionLookup } from '@/model/types'
import { isMailOn } from '@/model/mails/request-mail'
import { isReloginDialog } from '@/http/request/client'
import { redirectToVerification } from '@/http/auth/confirm-login'
import { redirectToRestore } from '@/http/auth/restore-account'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Context } from '@/http/types'
import type { Guards } from '@/http/auth/guards'
import { ReloginDialog, ReloginPage } from './views'

const PasswordForm = t.Object({ password: textField })

export const relogin = ({ reloginPending }: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginPending)
    .get('/', (context) => renderRelogin(context))
    .post(
      '/',
      async (context) => {
        const { deps, client, sessionLookup, body, returnPath, reauthenticate, afterLoginPath, reply } = context
        const tried = await verifyPassword(deps, sessionLookup.user, body.password, client)
        if (tried.kind === 'deletion-scheduled') return redirectToRestore(context, tried.user)
        if (tried.kind !== 'ok') return renderRelogin(context, tried)
        if (sessionLookup.kind === 'ended' && loginNeedsVerification(deps, tried.user)) {
          const verification = await redirectToVerification(context, tried.user)
          return verification instanceof Response ? verification : renderRelogin(context, verification)
        }

        // After a concurrent logout or re-login the next page shows the state, so no success message is set.
        const login = await reauthenticate({ method: 'password', loginHitId: tried.loginHitId })
        if (login.kind === 'logged-in') return reply.redirect(login.to, 'logged-in')
        return reply.redirect(
          login.kind === 'second-step' ? login.to : await afterLoginPath(sessionLookup.user, returnPath),
        )
      },
      { body: PasswordForm },
    )
    .post('/switch-user', async ({ loginUrl, logOut, reply }) => {
      await logOut()
      return reply.redirect(loginUrl())
    })

type ReloginContext = Pick<Context, 'deps' | 'request' | 'loginUrl' | 'withNext' | 'reply'> & {
  sessionLookup: SessionLookup
  next?: string
}

/** Renders a page, or a dialog for the script of the current page. */
function renderRelogin(context: ReloginContext, failure?: AuthFailure) {
  const { deps, request, sessionLookup, next, loginUrl, withNext, reply } = context
  const switchUserUrl = withNext('/relogin/switch-user')
  const props = { sessionLookup, next, loginUrl: loginUrl(), switchUserUrl, failure, canReset: isMailOn(deps) }
  if (isReloginDialog(request)) return reply.dialog(ReloginDialog(props), ...authStatus(failure))
  return reply.page(ReloginPage({ ...props, isExplained: reply.hasFlash() }), ...authStatus(failure))
}
