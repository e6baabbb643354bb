import { Elysia, t } from 'elysia'
import { findLoginLink, proveByCode, proveByLink, type Proved } from '@/model/accounts/login-by-code'
import { redirectToRestore } from '@/http/auth/restore-account'
import { isUserActivity } from '@/http/request/client'
import { cookiesIn } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow } from '@/http/response/flow-cookie'
import { reportOpened, reportRejected } from '@/http/response/link-events'
import { LinkQuery, takeLinkToken } from '@/http/response/link-token'
import { forgetLink, readLinkText, saveLinkText } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { codePage, PATH, type PageContext } from './code-page'
import { sendLoginCode } from './send/routes'
import { CodeExhaustedPage, InvalidLoginLinkPage, LoginLinkPage, OtherBrowserPage } from './views'

/** Without a code, the button on the page of a link. */
const Code = t.Object({ code: t.Optional(t.String()) })

/** With `EMAIL_LOGIN=on`. */
export const loginByCode = (guards: Guards) =>
  new Elysia({ prefix: PATH })
    .use(sendLoginCode(guards))
    .use(guards.guest)
    .get(
      '/',
      async (context) => {
        const moved = takeLinkToken(context, context.withNext(PATH), saveLinkText)
        if (moved) return moved
        const token = readLinkText(cookiesIn(context))
        return token === undefined ? context.reply.page(codePage(context)) : renderLink(context, token)
      },
      { query: LinkQuery },
    )
    .post(
      '/',
      async (context) => {
        const { deps, client, body, withNext, reply } = context
        const cookies = cookiesIn(context)
        const flow = readFlow(cookies, 'login-code')
        if (flow === undefined) return refuseLink(context)
        if (body.code === undefined) {
          const proved = await proveByLink(deps, flow, client, readLinkText(cookies))
          return proved ? finish(context, flow, proved) : refuseLink(context)
        }
        const checked = await proveByCode(deps, flow, body.code, client)
        if (checked.kind === 'wrong') return reply.page(codePage(context, { isWrong: true }), 422)
        if (checked.kind === 'rate-limited')
          return reply.page(codePage(context, { codeLimit: checked }), ...authStatus(checked))
        if (checked.kind !== 'exhausted') return finish(context, flow, checked)
        cookies.clear('flow')
        return reply.page(CodeExhaustedPage({ href: withNext(PATH) }), 410)
      },
      { body: Code },
    )

type CodeContext = PageContext & Pick<Context, 'withNext' | 'logIn'>

async function renderLink(context: CodeContext, token: string) {
  const { deps, next, reply } = context
  const found = await findLoginLink(deps, readFlow(cookiesIn(context), 'login-code'), token)
  if (!found) return refuseLink(context)
  reportOpened(context, 'login-code')
  if (found.isOfThisBrowser) return reply.page(LoginLinkPage({ next }))
  if (isUserActivity(context.request)) forgetLink(cookiesIn(context)) // so that the user can ask for a code in this browser
  return reply.page(OtherBrowserPage())
}

function refuseLink(context: CodeContext) {
  const { withNext, reply } = context
  reportRejected(context)
  if (isUserActivity(context.request)) forgetLink(cookiesIn(context))
  return reply.page(InvalidLoginLinkPage({ codeUrl: withNext(PATH) }), 410)
}

/** Not fresh: no password was typed, so the first sensitive page asks for it (ASVS 5.0, 6.3.6). */
async function finish(context: CodeContext, flow: string, { kind, user, isFirstProof }: Proved) {
  const { reply, logIn } = context
  if (kind === 'deletion-scheduled') return redirectToRestore(context, user, { flow })
  const login = await logIn(user, { method: 'email-code', fresh: false })
  if (login.kind === 'rejected') return refuseLink(context)
  if (login.kind === 'second-step') return reply.redirect(login.to)
  return reply.redirect(login.to, isFirstProof ? 'logged-in-without-password' : 'logged-in')
}
