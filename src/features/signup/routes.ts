import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { canonicalEmail, flawInEmail } from '@/model/users/email'
import { flawInName } from '@/model/users/name'
import { flawInPassword } from '@/model/passwords/validate'
import { trySignup } from '@/model/accounts/sign-up'
import { statusOf } from '@/http/response/auth-status'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { SignupPage } from './views'

const Account = t.Object({ email: text, name: text, password: text })

export const signup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', ({ deps, loginUrl, reply }) =>
      reply.page(SignupPage({ minLength: deps.config.passwords.minLength, loginUrl: loginUrl() })),
    )
    .post(
      '/',
      async ({ deps, client, body, loginUrl, reply }) => {
        const mistakes = await mistakesIn(deps, body)
        const { minLength } = deps.config.passwords
        const page = { minLength, loginUrl: loginUrl(), email: body.email, name: body.name, mistakes }
        if (mistakes.email ?? mistakes.name ?? mistakes.password) return reply.page(SignupPage(page), 422)

        const tried = await trySignup(deps, body, client)
        if (tried.kind === 'wait') return reply.page(SignupPage({ ...page, wait: tried }), ...statusOf(tried))
        if (tried.kind === 'taken') return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        return reply.go(loginUrl(), 'account-created')
      },
      { body: Account },
    )

async function mistakesIn(deps: Deps, { email, name, password }: typeof Account.static) {
  const flaws = { email: flawInEmail(email), name: flawInName(name) }
  // Only a good address and a good name are compared with the password: bad ones may be as long as a body can be.
  const owner = { email: canonicalEmail(email) ?? '', name: flaws.name ? '' : name }
  return { ...flaws, password: await flawInPassword(deps, password, owner) }
}
