import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { canonicalEmail, validateEmail } from '@/lib/email-address'
import { canonicalName, validateName } from '@/model/users/name'
import { hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import { signUp } from '@/model/accounts/sign-up'
import { authStatus } from '@/http/response/auth-status'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { SignupPage } from './views'

const Account = t.Object({ email: textField, name: textField, password: textField })

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
        if (errors.email ?? errors.name ?? errors.password) return reply.page(SignupPage(page), 422)

        const tried = await signUp(deps, body, client)
        if (tried.kind === 'rate-limited') return reply.page(SignupPage({ ...page, wait: tried }), ...authStatus(tried))
        if (tried.kind === 'taken') return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        const to = currentUser ? await afterLoginPath(currentUser, returnPath) : loginUrl()
        return reply.redirect(to, hasWhiteSpaceAtEnds(body.password) ? 'account-created-with-space' : 'account-created')
      },
      { body: Account },
    )

async function validateSignUp(deps: Deps, { email, name, password }: typeof Account.static) {
  const errors = { email: validateEmail(email), name: validateName(name) }
  // Compare the password only with a valid address and name, because invalid ones can be as long as a body.
  const owner = { email: canonicalEmail(email) ?? '', name: errors.name ? '' : canonicalName(name) }
  return { ...errors, password: await validatePassword(deps, password, owner) }
}
