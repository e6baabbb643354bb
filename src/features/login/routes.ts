import { Elysia, t } from 'elysia'
import { findUserByPassword } from '@/model/passwords'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { LoginPage } from './views'

const Credentials = t.Object({ email: text, password: text, remember: text })

export const login = ({ guest }: Guards) =>
  new Elysia({ prefix: '/login' })
    .use(guest)
    .get('/', ({ next, reply }) => reply.page(LoginPage({ next })))
    .post(
      '/',
      async ({ deps, client, body, next, logIn, wayOn, reply }) => {
        const remember = body.remember !== ''
        const user = await findUserByPassword(deps, body.email, body.password, client)
        if (user && (await logIn(user, { remember }))) return reply.go(await wayOn(user, next), 'logged-in')
        return reply.page(LoginPage({ next, remember, email: body.email, hasFailed: true }), 422)
      },
      { body: Credentials },
    )
