import { t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { canonicalEmail, validateEmail } from '@/lib/email-address'
import { canonicalName, validateName } from '@/model/users/name'
import { validatePassword } from '@/model/passwords/validate'
import { textField } from '@/http/request/form-fields'
import type { Context } from '@/http/types'

export const Account = t.Object({ email: textField, name: textField, password: textField })

type Errors = { email?: string; name?: string; password?: string }

export async function validateSignUp(deps: Deps, { email, name, password }: typeof Account.static): Promise<Errors> {
  const errors = { email: validateEmail(email), name: validateName(name) }
  // Compare the password only with a valid address and name, because invalid ones can be as long as a body.
  const owner = { email: canonicalEmail(email) ?? '', name: errors.name ? '' : canonicalName(name) }
  return { ...errors, password: await validatePassword(deps, password, owner) }
}

type FormContext = Pick<Context, 'deps' | 'loginUrl'> & { next?: string }

/** What the page of the form shows, with the text that the user typed. */
export const propsOf = ({ deps, next, loginUrl }: FormContext, typed: Partial<typeof Account.static> = {}) => ({
  minLength: deps.config.passwords.minLength,
  next,
  loginUrl: loginUrl(),
  email: typed.email,
  name: typed.name,
})

export const hasErrors = (errors: Errors) => (errors.email ?? errors.name ?? errors.password) !== undefined
