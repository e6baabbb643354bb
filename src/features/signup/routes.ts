import { Elysia } from 'elysia'
import { hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { signUp } from '@/model/accounts/sign-up'
import { authStatus } from '@/http/response/auth-status'
import type { Guards } from '@/http/auth/guards'
import { Account, hasErrors, propsOf, readMethod, refusalStatus, validateSignUp } from './account'
import { SignupPage } from './views'

export const signup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', (context) => context.reply.page(SignupPage(propsOf(context))))
    .post(
      '/',
      async (context) => {
        const { deps, client, body, returnPath, currentUser, loginUrl, afterLoginPath, reply } = context
        const errors = await validateSignUp(deps, body)
        const page = { ...propsOf(context, body), errors }
        if (hasErrors(errors)) return reply.page(SignupPage(page), 422)

        const method = await readMethod(deps, body, client)
        if ('kind' in method) return reply.page(SignupPage({ ...page, refused: method }), ...refusalStatus(method))
        const { email, name } = body
        const tried = await signUp(deps, { email, name, ...method }, client)
        if (tried.kind === 'passkey-taken')
          return reply.page(SignupPage({ ...page, refused: tried }), ...refusalStatus(tried))
        if (tried.kind === 'rate-limited') return reply.page(SignupPage({ ...page, wait: tried }), ...authStatus(tried))
        if (tried.kind === 'taken') return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        const to = currentUser ? await afterLoginPath(currentUser, returnPath) : loginUrl()
        return reply.redirect(to, hasWhiteSpaceAtEnds(body.password) ? 'account-created-with-space' : 'account-created')
      },
      { body: Account },
    )
