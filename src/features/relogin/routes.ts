import { Elysia, t } from 'elysia'
import { tryPassword } from '@/model/accounts/authenticate'
import type { FailedTry, Visit } from '@/model/types'
import { isInDialog } from '@/http/request/client'
import { statusOf } from '@/http/response/auth-status'
import { text } from '@/http/request/form-fields'
import type { Context } from '@/http/types'
import type { Guards } from '@/http/auth/guards'
import { ReloginDialog, ReloginPage } from './views'

const Proof = t.Object({ password: text })

export const relogin = ({ reloginRequired }: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginRequired)
    .get('/', (context) => ask(context))
    .post(
      '/',
      async (context) => {
        const { deps, client, visit, body, next, confirmLogin, wayOn, reply } = context
        const tried = await tryPassword(deps, visit.user, body.password, client)
        if (tried.kind !== 'right') return ask(context, tried)

        // Where a logout or another tab was first, the next page finds out by itself who is here, and there is no word of welcome.
        const isIn = await confirmLogin()
        return reply.go(await wayOn(visit.user, next), isIn ? 'logged-in' : undefined)
      },
      { body: Proof },
    )
    .post('/switch-user', async ({ next, loginUrl, logOut, reply }) => {
      await logOut()
      return reply.go(loginUrl(next))
    })

type Asking = Pick<Context, 'request' | 'loginUrl' | 'reply'> & { visit: Visit; next: string }

/** On a page of its own, or over the page on which our script was asked for it. */
function ask({ request, visit, next, loginUrl, reply }: Asking, failed?: FailedTry) {
  const asked = { visit, next, loginUrl: loginUrl(next), failed }
  if (isInDialog(request)) return reply.dialog(ReloginDialog(asked), ...statusOf(failed))
  return reply.page(ReloginPage({ ...asked, isExplained: reply.hasFlash() }), ...statusOf(failed))
}
