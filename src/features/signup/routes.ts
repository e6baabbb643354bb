import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps'
import { canonicalEmail, flawInEmail } from '@/model/email-addresses'
import { flawInName } from '@/model/names'
import { flawInPassword } from '@/model/passwords'
import { createUser } from '@/model/users'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { SignupPage } from './views'

const Account = t.Object({ email: text, name: text, password: text })
type Fields = typeof Account.static

export const signup = ({ guest }: Guards) =>
  new Elysia({ prefix: '/signup' })
    .use(guest)
    .get('/', ({ deps, reply }) => reply.page(SignupPage({ minLength: deps.config.passwords.minLength })))
    .post(
      '/',
      async ({ deps, body, reply }) => {
        const errors = {
          email: flawInEmail(body.email),
          name: flawInName(body.name),
          password: await flawInProposed(deps, body),
        }
        const page = { minLength: deps.config.passwords.minLength, email: body.email, name: body.name, errors }
        if (errors.email ?? errors.name ?? errors.password) return reply.page(SignupPage(page), 422)

        if (!(await createUser(deps, body))) return reply.page(SignupPage({ ...page, isTaken: true }), 422)
        return reply.go('/login', 'account-created')
      },
      { body: Account },
    )

/** Only a good address and a good name take part: bad ones may be as long as a body can be. */
const flawInProposed = (deps: Deps, { email, name, password }: Fields) =>
  flawInPassword(deps, password, { email: canonicalEmail(email) ?? '', name: flawInName(name) ? '' : name })
