import { Elysia, t } from 'elysia'
import { canonicalEmail, flawInEmail } from '@/model/email-addresses'
import { flawInName } from '@/model/names'
import { flawInPassword } from '@/model/passwords'
import { createUser } from '@/model/users'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { SignupPage } from './views'

const Account = t.Object({ email: text, name: text, password: text })

export const signup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', ({ deps, reply }) => reply.page(SignupPage({ minLength: deps.config.passwords.minLength })))
    .post(
      '/',
      async ({ deps, body, reply }) => {
        const owner = { email: canonicalEmail(body.email) ?? body.email, name: body.name }
        const errors = {
          email: flawInEmail(body.email),
          name: flawInName(body.name),
          password: await flawInPassword(deps, body.password, owner),
        }
        const page = { minLength: deps.config.passwords.minLength, email: body.email, name: body.name, errors }
        if (errors.email ?? errors.name ?? errors.password) return reply.page(SignupPage(page), 422)

        if (!(await createUser(deps, body))) return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        return reply.go('/login', 'account-created')
      },
      { body: Account },
    )
