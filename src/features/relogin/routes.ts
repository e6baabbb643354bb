import { Elysia, t } from 'elysia'
import { isPasswordOf } from '@/model/passwords'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { ReloginPage } from './views'

const Proof = t.Object({ password: text })

export const relogin = ({ reloginRequired }: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginRequired)
    .get('/', ({ visit, next, loginUrl, reply }) =>
      reply.page(ReloginPage({ ...visit, next, loginUrl: loginUrl(next) })),
    )
    .post(
      '/',
      async ({ deps, visit, body, next, confirmLogin, loginUrl, reply }) => {
        if (!(await isPasswordOf(deps, visit.user, body.password)))
          return reply.page(ReloginPage({ ...visit, next, loginUrl: loginUrl(next), hasFailed: true }), 422)

        // Where a logout or another tab was first, the next page finds out by itself who is here, and there is no word of welcome.
        return reply.go(next, (await confirmLogin()) ? 'logged-in' : undefined)
      },
      { body: Proof },
    )
    .post('/somebody-else', async ({ next, loginUrl, logOut, reply }) => {
      await logOut()
      return reply.go(loginUrl(next))
    })
