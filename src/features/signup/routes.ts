import { Elysia } from 'elysia'
import { hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { signUp } from '@/model/accounts/sign-up'
import { authStatus } from '@/http/response/auth-status'
import type { Guards } from '@/http/auth/guards'
import { Account, hasErrors, validateSignUp } from './account'
import { SignupPage } from './views'

export const signup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', ({ deps, next, loginUrl, reply }) =>
      reply.page(SignupPage({ minLength: deps.config.passwords.minLength, next, loginUrl: loginUrl() })),
    )
    .post(
      '/',
      async ({ deps, client, body, next, returnPath, currentUser, loginUrl, afterLoginPath, reply }) => {
        const errors = await validateSignUp(deps, body)
        const { minLength } = deps.config.passwords
        const page = { minLength, next, loginUrl: loginUrl(), email: body.email, name: body.name, errors }
        if (hasErrors(errors)) return reply.page(SignupPage(page), 422)

        const tried = await signUp(deps, body, client)
        if (tried.kind === 'rate-limited') return reply.page(SignupPage({ ...page, wait: tried }), ...authStatus(tried))
        if (tried.kind === 'taken') return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        const to = currentUser ? await afterLoginPath(currentUser, returnPath) : loginUrl()
        return reply.redirect(to, hasWhiteSpaceAtEnds(body.password) ? 'account-created-with-space' : 'account-created')
      },
      { body: Account },
    )
