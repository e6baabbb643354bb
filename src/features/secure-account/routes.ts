import { Elysia, t } from 'elysia'
import { findSecuring, secureAccount } from '@/model/accounts/secure-account'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { reportOpened, reportRejected } from '@/http/response/link-events'
import { LinkQuery, takeLinkToken } from '@/http/response/link-token'
import { saveOneTimeToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { AccessEndedPage, InvalidSecuringPage, SecureAccountPage } from './views'

const EarlierPassword = t.Object({ password: textField })

/** The link `This wasn’t me` of a mail. It needs no session, because the attacker may have the only one. */
export const securing = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/secure-account' })
    .use(anyone)
    .get(
      '/',
      async (context) => {
        const moved = takeLinkToken(context, '/secure-account')
        if (moved) return moved
        const { deps, reply } = context
        const found = await findSecuring(deps, cookiesIn(context).get('one-time'))
        if (found.kind === 'invalid') return refuse(context)
        reportOpened(context, 'secure-account')
        return reply.page(SecureAccountPage({ ...found, contacts: deps.config }))
      },
      { query: LinkQuery },
    )
    .post(
      '/',
      async (context) => {
        const { deps, client, body, reply } = context
        const cookies = cookiesIn(context)
        const result = await secureAccount(deps, cookies.get('one-time'), body.password, client)
        if (result.kind === 'invalid') return refuse(context)
        if (result.kind === 'limited' || result.kind === 'wrong') {
          const failure = result.kind === 'limited' ? result.limited : ({ kind: 'invalid' } as const)
          return reply.page(SecureAccountPage({ ...result, contacts: deps.config }), ...authStatus(failure))
        }
        if (result.kind === 'ended') {
          cookies.clear('one-time')
          return reply.page(AccessEndedPage())
        }
        if (result.resetToken === undefined) {
          cookies.clear('one-time')
          return reply.redirect('/forgot-password/sent', 'account-secured')
        }
        // As in a mail, without the prefix of a proved token: the page of the reset gives no access without a new password.
        saveOneTimeToken(cookies, result.resetToken)
        return reply.redirect('/reset-password', 'account-secured')
      },
      { body: EarlierPassword },
    )

function refuse(context: Pick<Context, 'deps' | 'request' | 'loginUrl' | 'reply'>) {
  reportRejected(context)
  return context.reply.page(InvalidSecuringPage({ loginUrl: context.loginUrl() }), 410)
}
