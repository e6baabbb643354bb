import { t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { canonicalEmail, validateEmail } from '@/lib/email-address'
import type { SignUpMethod } from '@/model/passkeys/add'
import { signUpOptions } from '@/model/passkeys/options'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import { verifyAttestation } from '@/model/passkeys/verify-attestation'
import type { Client, RateLimited } from '@/model/types'
import { canonicalName, validateName } from '@/model/users/name'
import { validatePassword } from '@/model/passwords/validate'
import { passkeyPlace } from '@/http/auth/passkey-place'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import type { Context } from '@/http/types/context'

/** A passkey in place of a password has an attestation and a handle. */
export const Account = t.Object({
  email: textField,
  name: textField,
  password: textField,
  attestation: textField,
  user_handle: textField,
})

const isWithPasskey = ({ user_handle }: typeof Account.static) => user_handle !== ''

type Errors = { email?: string; name?: string; password?: string }

export async function validateSignUp(deps: Deps, body: typeof Account.static): Promise<Errors> {
  const { email, name, password } = body
  const errors = { email: validateEmail(email), name: validateName(name) }
  if (isWithPasskey(body)) return errors
  // Compare the password only with a valid address and name, because invalid ones can be as long as a body.
  const owner = { email: canonicalEmail(email) ?? '', name: errors.name ? '' : canonicalName(name) }
  return { ...errors, password: await validatePassword(deps, password, owner) }
}

type FormContext = Pick<Context, 'deps' | 'request' | 'loginUrl'> & { next?: string }

/** The props of the form's page, with the text that the user typed. */
export const propsOf = (
  { deps, request, next, loginUrl }: FormContext,
  typed: Partial<typeof Account.static> = {},
) => ({
  passkey: signUpRequest({ deps, request }),
  hasNewPasskey: Boolean(typed.attestation),
  minLength: deps.config.passwords.minLength,
  next,
  loginUrl: loginUrl(),
  email: typed.email,
  name: typed.name,
})

function signUpRequest(context: Pick<Context, 'deps' | 'request'>) {
  const place = passkeyPlace(context)
  if (place === 'nowhere') return undefined
  const { options, userHandle } = signUpOptions(context.deps)
  return { request: place === 'here' ? { options } : { url: context.deps.config.appUrl }, userHandle }
}

export const hasErrors = (errors: Errors) => (errors.email ?? errors.name ?? errors.password) !== undefined

/** Why a passkey cannot open a new account. */
export type RefusedPasskey = RateLimited | { kind: 'failed' } | { kind: 'security-key' } | { kind: 'passkey-taken' }

/** Call it when the other fields are valid: it uses up the challenge of the page. */
export async function readMethod(
  deps: Deps,
  body: typeof Account.static,
  client: Client,
): Promise<SignUpMethod | RefusedPasskey> {
  if (!isWithPasskey(body)) return { password: body.password }
  const { attestation, user_handle: userHandle } = body
  if (!canUsePasskeys(deps)) return { kind: 'failed' }
  const verified = await verifyAttestation(deps, { attestation, purposes: ['sign-up'], binding: userHandle }, client)
  if (verified.kind !== 'ok') return verified
  const { passkey } = verified
  const isAlone = passkey.is_discoverable === 1 && passkey.is_user_verifying === 1
  return isAlone ? { passkey: { passkey, userHandle } } : { kind: 'security-key' }
}

export function refusalStatus(refused: RefusedPasskey): [status: number, headers?: Record<string, string>] {
  if (refused.kind === 'rate-limited') return authStatus(refused)
  return [refused.kind === 'passkey-taken' ? 409 : 422]
}
