import { Elysia, t } from 'elysia'
import { isPasswordOf } from '@/model/passwords'
import { isInPlace } from '@/web/drafts'
import { text } from '@/web/fields'
import type { Context } from '@/web/current-user'
import type { Guards } from '@/web/guards'
import { ReloginDialog, ReloginPage } from './views'

const Proof = t.Object({ password: text })

type Asked = Parameters<typeof ReloginPage>[0]

export const relogin = ({ reloginRequired }: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginRequired)
    .get('/', ({ request, visit, next, reply }) => ask({ request, reply }, { visit, next }))
    .post(
      '/',
      async ({ deps, client, request, visit, body, next, confirmLogin, wayOn, reply }) => {
        if (!(await isPasswordOf(deps, visit.user, body.password, client)))
          return ask({ request, reply }, { visit, next, hasFailed: true })

        // Where a logout or another tab was first, the next page finds out by itself who is here, and there is no word of welcome.
        const isIn = await confirmLogin()
        return reply.go(await wayOn(visit.user, next), isIn ? 'logged-in' : undefined)
      },
      { body: Proof },
    )
    .post('/somebody-else', async ({ next, logOut, reply }) => {
      await logOut()
      return reply.go(`/login?next=${encodeURIComponent(next)}`)
    })

/** On a page of its own, or over the page on which our script was asked for it. */
function ask({ request, reply }: Pick<Context, 'request' | 'reply'>, asked: Asked) {
  const status = asked.hasFailed ? 422 : 200
  if (isInPlace(request)) return reply.dialog(ReloginDialog(asked), status)
  return reply.page(ReloginPage({ ...asked, isExplained: reply.hasFlash() }), status)
}
