import { Elysia, t } from 'elysia'
import { tryCredentials } from '@/model/accounts/authenticate'
import { statusOf } from '@/http/response/auth-status'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
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
        const tried = await tryCredentials(deps, body.email, body.password, client)
        if (tried.kind === 'right' && (await logIn(tried.user, { remember })))
          return reply.go(await wayOn(tried.user, next), 'logged-in')
        const failed = tried.kind === 'right' ? { kind: 'wrong' as const } : tried
        return reply.page(LoginPage({ next, remember, email: body.email, failed }), ...statusOf(failed))
      },
      { body: Credentials },
    )
