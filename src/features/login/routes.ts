import { Elysia, t } from 'elysia'
import { authenticate } from '@/model/accounts/authenticate'
import { beginVerifiedLogin } from '@/http/auth/confirm-login'
import { isSecondStepPending } from '@/http/auth/second-step'
import { SECOND_STEP_PATH } from '@/http/request/path'
import { redirectToRestore } from '@/http/auth/restore-account'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { loginPageProps } from './page-props'
import { LoginPage } from './views'

const Credentials = t.Object({ email: textField, password: textField, remember: textField })

export const login = ({ guest }: Guards) =>
  new Elysia({ prefix: '/login' })
    .use(guest)
    .get('/', async (context) => {
      const { withNext, reply } = context
      if (await isSecondStepPending(context)) return reply.redirect(withNext(SECOND_STEP_PATH))
      return reply.page(LoginPage(loginPageProps(context)))
    })
    .post(
      '/',
      async (context) => {
        const { deps, client, body, logIn, reply } = context
        const remember = body.remember !== ''
        const tried = await authenticate(deps, body.email, body.password, client)
        if (tried.kind === 'deletion-scheduled') return redirectToRestore(context, tried.user)
        const verification =
          tried.kind === 'unverified'
            ? await beginVerifiedLogin(context, tried.user, { remember, loginHitId: tried.loginHitId })
            : undefined
        if (verification instanceof Response) return verification
        const login =
          tried.kind === 'ok'
            ? await logIn(tried.user, { method: 'password', remember, loginHitId: tried.loginHitId })
            : undefined
        if (login?.kind === 'second-step') return reply.redirect(login.to)
        if (login?.kind === 'logged-in') return reply.redirect(login.to, 'logged-in')
        const limit = tried.kind === 'rate-limited' ? tried : login?.limit
        const failure = verification ?? limit ?? { kind: 'invalid' as const }
        const page = LoginPage({ ...loginPageProps(context), remember, email: body.email, failure })
        return reply.page(page, ...authStatus(failure))
      },
      { body: Credentials },
    )
