import { Elysia } from 'elysia'
import { requestSignUp } from '@/model/accounts/request-sign-up'
import { cookiesIn } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow, saveFlow } from '@/http/response/flow-cookie'
import type { Guards } from '@/http/auth/guards'
import { Account, hasErrors, propsOf, readMethod, refusalStatus, validateSignUp } from '../account'
import { SignupPage } from '../views'

/** The account is created once its address is confirmed. Never reads the account of the address: see `requestSignUp`. */
export const confirmedSignup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', (context) => context.reply.page(SignupPage(propsOf(context))))
    .post(
      '/',
      async (context) => {
        const { deps, client, body, withNext, reply } = context
        const errors = await validateSignUp(deps, body)
        const page = { ...propsOf(context, body), errors }
        if (hasErrors(errors)) return reply.page(SignupPage(page), 422)

        const cookies = cookiesIn(context)
        const method = await readMethod(deps, body, client)
        if ('kind' in method) return reply.page(SignupPage({ ...page, refused: method }), ...refusalStatus(method))
        const { email, name } = body
        const requested = await requestSignUp(deps, { email, name, ...method }, client, readFlow(cookies))
        if (requested.kind === 'rate-limited')
          return reply.page(SignupPage({ ...page, mailLimit: requested }), ...authStatus(requested))
        saveFlow(cookies, requested.flow)
        return reply.redirect(withNext('/verify-email'))
      },
      { body: Account },
    )
