import { Elysia, t } from 'elysia'
import { loginNeedsVerification } from '@/model/accounts/authenticate'
import { loginOptions } from '@/model/passkeys/options'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import { verifyAssertion, type FailedAssertion, type VerifiedAssertion } from '@/model/passkeys/verify'
import type { RateLimited } from '@/model/types'
import { redirectToVerification } from '@/http/auth/confirm-login'
import type { Guards } from '@/http/auth/guards'
import { redirectToRestore } from '@/http/auth/restore-account'
import { doNotSave } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { notFound } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'
import { loginPageProps, type LoginPageContext } from '../page-props'
import { LoginPage } from '../views'

const Fields = t.Object({ assertion: textField, remember: textField })

export const loginByPasskey = ({ guest, noSession }: Guards) =>
  new Elysia({ prefix: '/login/passkey', ...doNotSave })
    // The same for every visitor.
    .use(
      new Elysia().use(noSession).get('/', ({ deps, reply }) => {
        if (!canUsePasskeys(deps)) throw notFound()
        return reply.json(loginOptions(deps))
      }),
    )
    .use(guest)
    .post(
      '/',
      async (context) => {
        const { deps, client, body, reply } = context
        if (!canUsePasskeys(deps)) throw notFound()
        const remember = body.remember !== ''
        const input = { assertion: body.assertion, purpose: 'login', requireUserVerification: true } as const
        const verified = await verifyAssertion(deps, input, client)
        const result = verified.kind === 'ok' ? await finish(context, verified, remember) : verified
        if (result instanceof Response) return result
        const page = { ...loginPageProps(context), remember }
        if (result.kind === 'rate-limited')
          return reply.page(LoginPage({ ...page, failure: result }), ...authStatus(result))
        return reply.page(LoginPage({ ...page, failedPasskey: result }), 422)
      },
      { body: Fields },
    )

type LoginContext = LoginPageContext & Pick<Context, 'client' | 'request' | 'internal' | 'reply' | 'logIn'>

/** In the order of every login: the account may be deleted soon, or its address may not be confirmed. */
async function finish(
  context: LoginContext,
  { user, passkey, isDeletionScheduled, use }: VerifiedAssertion,
  remember: boolean,
): Promise<Response | RateLimited | FailedAssertion> {
  if (isDeletionScheduled) return redirectToRestore(context, user, { passkeyId: passkey.id })
  if (loginNeedsVerification(context.deps, user))
    return redirectToVerification(context, user, { firstFactor: 'passkey', passkeyId: passkey.id })
  const login = await context.logIn(user, {
    method: 'passkey',
    passkeyId: passkey.id,
    remember,
    inSameTransaction: use,
  })
  return login.kind === 'logged-in' ? context.reply.redirect(login.to, 'logged-in') : { kind: 'failed' }
}
