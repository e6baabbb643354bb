import { Elysia, t } from 'elysia'
import { loginNeedsVerification } from '@/model/accounts/authenticate'
import { findRestorable, restoreAccount } from '@/model/accounts/restore-account'
import { redirectToVerification } from '@/http/auth/confirm-login'
import { readReturnPath } from '@/http/auth/return-path'
import { openSecondStep } from '@/http/auth/second-step'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { readProvedToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { InvalidRestorePage, RestorePage, type RestoreFailure } from './views'

const Choice = t.Object({ choice: textField, next: textField })

/** For a user who typed the right password during the grace period of a deletion. */
export const accountRestore = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/restore-account' })
    .use(anyone)
    .get('/', (context) => renderRestore(context))
    .post(
      '/',
      async (context) => {
        const { deps, request, internal, client, body, loginUrl, logIn, reply } = context
        const cookies = cookiesIn(context)
        if (body.choice === 'delete') {
          if (!(await findRestorable(deps, readProvedToken(cookies)))) return refuse(context)
          cookies.clear('one-time')
          return reply.redirect('/')
        }
        if (body.choice !== 'keep') return renderRestore(context, { kind: 'undecided' })
        const { returnPath } = readReturnPath(internal.auth, request, body)
        const restored = await restoreAccount(deps, readProvedToken(cookies), client, cookies.get('pending'))
        if (!restored) return refuse(context)
        if (restored.kind === 'rate-limited') return renderRestore(context, restored)
        cookies.clear('one-time')
        if (restored.kind === 'started') return reply.redirect(openSecondStep(request, cookies, restored.token))
        const { user, method, passkeyId, isFresh, provedAt } = restored
        if (method !== 'email-code' && loginNeedsVerification(deps, user)) {
          const proof = { firstFactor: method, passkeyId }
          const verification = await redirectToVerification(context, user, proof, 'deletion-cancelled')
          return verification instanceof Response ? verification : reply.redirect(loginUrl(), 'deletion-cancelled')
        }
        const result = await logIn(user, { method, passkeyId, provedAt, fresh: isFresh, returnPath })
        return reply.redirect(result.kind === 'rejected' ? loginUrl() : result.to, 'deletion-cancelled')
      },
      { body: Choice },
    )

type RestoreContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply' | 'loginUrl'> & { body?: unknown }

async function renderRestore(context: RestoreContext, failure?: RestoreFailure) {
  const { deps, request, internal, body, reply } = context
  const account = await findRestorable(deps, readProvedToken(cookiesIn(context)))
  if (!account) return refuse(context)
  const { next } = readReturnPath(internal.auth, request, body)
  const page = RestorePage({ deletionAt: account.deletionAt, next, failure })
  return failure?.kind === 'undecided' ? reply.page(page, 422) : reply.page(page, ...authStatus(failure))
}

const refuse = ({ reply, loginUrl }: Pick<Context, 'reply' | 'loginUrl'>) =>
  reply.page(InvalidRestorePage({ loginUrl: loginUrl() }), 410)
