import { Elysia, t } from 'elysia'
import { isPasswordOf } from '@/model/passwords'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { ReloginPage } from './views'

const Proof = t.Object({ password: text })

export const relogin = ({ reloginRequired }: Guards) =>
  new Elysia({ prefix: '/relogin' })
    .use(reloginRequired)
    .get('/', ({ visit, next, reply }) => reply.page(ReloginPage({ ...visit, next })))
    .post(
      '/',
      async ({ deps, client, visit, body, next, confirmLogin, wayOn, reply }) => {
        if (!(await isPasswordOf(deps, visit.user, body.password, client)))
          return reply.page(ReloginPage({ ...visit, next, hasFailed: true }), 422)

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
