import { Elysia } from 'elysia'
import { requestSignUp } from '@/model/accounts/request-sign-up'
import { cookiesOf } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow, saveFlow } from '@/http/response/flow-cookie'
import type { Guards } from '@/http/auth/guards'
import { Account, hasErrors, validateSignUp } from '../account'
import { SignupPage } from '../views'

/** The account is created once its address is confirmed. Never reads the account of the address: see `requestSignUp`. */
export const confirmedSignup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', ({ deps, next, loginUrl, reply }) =>
      reply.page(SignupPage({ minLength: deps.config.passwords.minLength, next, loginUrl: loginUrl() })),
    )
    .post(
      '/',
      async ({ deps, request, internal, client, body, next, loginUrl, withNext, reply }) => {
        const errors = await validateSignUp(deps, body)
        const { minLength } = deps.config.passwords
        const page = { minLength, next, loginUrl: loginUrl(), email: body.email, name: body.name, errors }
        if (hasErrors(errors)) return reply.page(SignupPage(page), 422)

        const cookies = cookiesOf(internal.auth, request)
        const requested = await requestSignUp(deps, body, client, readFlow(cookies))
        if (requested.kind === 'rate-limited')
          return reply.page(SignupPage({ ...page, mailLimit: requested }), ...authStatus(requested))
        saveFlow(cookies, requested.flow)
        return reply.redirect(withNext('/verify-email'))
      },
      { body: Account },
    )
