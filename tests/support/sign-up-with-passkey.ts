import { signUpOptions } from '@/model/passkeys/options'
import type { Authenticator, Changes } from './authenticator'
import type { Browser } from './browser'
import type { Site } from './site'

export const zoe = { email: 'zoe@example.test', name: 'Zoe' }

/** As the script of the page for sign-ups does. */
export function signUpWithPasskey(
  { deps }: Pick<Site, 'deps'>,
  browser: Browser,
  authenticator: Pick<Authenticator, 'create'>,
  fields: Record<string, string> = {},
  changes?: Changes,
) {
  const { options, userHandle } = signUpOptions(deps)
  const attestation = authenticator.create({ ...options, user: { id: userHandle } }, changes)
  return browser.post('/signup', { ...zoe, attestation, user_handle: userHandle, ...fields })
}
