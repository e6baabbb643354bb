import type { AuthOptions } from '@/http/types/auth-options'
import { addPasskey } from './add-passkeys'
import type { AuthenticatorOptions } from './authenticator'
import { annAndEve } from './people'

export { addPasskey, assertionFor, logInWithPasskey, openPasskeyForm, registerPasskey } from './add-passkeys'

/** Ann has one passkey, which needs nothing else. Two-step verification is off. */
export async function annWithPasskey(
  env?: Record<string, string>,
  auth?: AuthOptions,
  options?: AuthenticatorOptions & { name?: string },
) {
  const site = await annAndEve(env, auth)
  return { ...site, passkey: await addPasskey(site, site.users.ann, options) }
}
