import { Elysia, t } from 'elysia'
import { authenticate } from '@/model/accounts/authenticate'
import { isMailOn } from '@/model/mails/request-mail'
import { redirectToVerification } from '@/http/auth/confirm-login'
import { redirectToRestore } from '@/http/auth/restore-account'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { LoginPage } from './views'

const HELP_PATH = '/forgot-password'

const Credentials = t.Object({ email: textField, password: textField, remember: textField })

export const login = ({ guest }: Guards) =>
  new Elysia({ prefix: '/login' })
    .use(guest)
    .get('/', ({ deps, next, signupUrl, withNext, reply }) =>
      reply.page(LoginPage({ next, helpUrl: withNext(HELP_PATH), signupUrl: signupUrl(), canReset: isMailOn(deps) })),
    )
    .post(
      '/',
      async (context) => {
        const { deps, client, body, next, returnPath, logIn, afterLoginPath, signupUrl, withNext, reply } = context
        const remember = body.remember !== ''
        const tried = await authenticate(deps, body.email, body.password, client)
        if (tried.kind === 'deletion-scheduled') return redirectToRestore(context, tried.user)
        const verification = tried.kind === 'unverified' ? await redirectToVerification(context, tried.user) : undefined
        if (verification instanceof Response) return verification
        if (tried.kind === 'ok' && (await logIn(tried.user, { remember })))
          return reply.redirect(await afterLoginPath(tried.user, returnPath), 'logged-in')
        const failure = verification ?? (tried.kind === 'rate-limited' ? tried : { kind: 'invalid' as const })
        const props = {
          next,
          helpUrl: withNext(HELP_PATH),
          signupUrl: signupUrl(),
          canReset: isMailOn(deps),
          remember,
          email: body.email,
          failure,
        }
        return reply.page(LoginPage(props), ...authStatus(failure))
      },
      { body: Credentials },
    )
