import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { loginNeedsVerification } from '@/model/accounts/authenticate'
import { findRestorable, restoreAccount } from '@/model/accounts/request-deletion'
import { redirectToVerification } from '@/http/auth/confirm-login'
import { readReturnPath } from '@/http/auth/return-path'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { readProvedToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types'
import type { Guards } from '@/http/auth/guards'
import { InvalidRestorePage, RestorePage } from './views'

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
        if (body.choice !== 'keep') return renderRestore(context, true)
        const { returnPath } = readReturnPath(internal.auth, request, body)
        const restored = await restoreAccount(deps, readProvedToken(cookies), client)
        if (!restored) return refuse(context)
        cookies.clear('one-time')
        if (!restored.isByCode && loginNeedsVerification(deps, restored.user)) {
          const verification = await redirectToVerification(context, restored.user, 'deletion-cancelled')
          return verification instanceof Response ? verification : reply.redirect(loginUrl(), 'deletion-cancelled')
        }
        const login = restored.isByCode
          ? ({ method: 'email-code', fresh: false } as const)
          : ({ method: 'password', fresh: isStillFresh(deps, restored.provedAt) } as const)
        const result = await logIn(restored.user, { ...login, returnPath })
        return reply.redirect(result.kind === 'rejected' ? loginUrl() : result.to, 'deletion-cancelled')
      },
      { body: Choice },
    )

/** The password was typed at the login, up to ten minutes ago. */
const isStillFresh = ({ now, config }: Deps, provedAt: number) => now() - provedAt < config.session.fresh

type RestoreContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply' | 'loginUrl'> & { body?: unknown }

async function renderRestore(context: RestoreContext, isUndecided = false) {
  const { deps, request, internal, body, reply } = context
  const account = await findRestorable(deps, readProvedToken(cookiesIn(context)))
  if (!account) return refuse(context)
  const { next } = readReturnPath(internal.auth, request, body)
  return reply.page(RestorePage({ deletionAt: account.deletion_at, next, isUndecided }), isUndecided ? 422 : 200)
}

const refuse = ({ reply, loginUrl }: Pick<Context, 'reply' | 'loginUrl'>) =>
  reply.page(InvalidRestorePage({ loginUrl: loginUrl() }), 410)
