import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  UserVerificationRequirement,
} from '@simplewebauthn/server'
import type { Deps } from '@/deps/deps'
import { base64url } from '@/lib/encoding'
import type { Session, User } from '@/model/types'
import { CHALLENGE_LIFETIME, createChallenge, registrationBinding } from './challenges'
import { transportsOf } from './credential'
import { listPasskeys, type Passkey } from './passkeys'
import { ALGORITHMS } from './public-key'

/** For a login: the same for every visitor, so it reveals no account. */
export const loginOptions = (deps: Deps) => toRequest(deps, createChallenge(deps, 'login'), 'required', [])

/** `passkeys`: those of the user, which the browser may use. */
export async function requestOptions(
  deps: Deps,
  { purpose, binding, user }: { purpose: 'second-step' | 'reset' | 'step-up'; binding: string; user: Pick<User, 'id'> },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const usable = (await listPasskeys(deps, user)).filter(({ state }) => state === 'active')
  const passkeys = purpose === 'step-up' ? usable.filter(({ is_user_verifying }) => is_user_verifying === 1) : usable
  // After a first factor, the touch of a security key without PIN is enough.
  const verification = purpose === 'step-up' ? 'required' : 'discouraged'
  return toRequest(deps, createChallenge(deps, purpose, binding), verification, passkeys)
}

const toRequest = (
  { config }: Deps,
  challenge: string,
  userVerification: UserVerificationRequirement,
  passkeys: Passkey[],
): PublicKeyCredentialRequestOptionsJSON => ({
  challenge,
  rpId: config.passkeyDomain,
  timeout: CHALLENGE_LIFETIME,
  userVerification,
  allowCredentials: passkeys.map(toDescriptor),
})

const toDescriptor = ({ credential_id, transports }: Passkey) => ({
  id: credential_id,
  type: 'public-key' as const,
  transports: transportsOf(transports),
})

/** The form sends `userHandle` with the answer of the browser. */
export type Registration = { options: PublicKeyCredentialCreationOptionsJSON; userHandle: string }

const HANDLE_BYTES = 32

/** A user gets a handle with the first passkey. Until then each page proposes another one, and its challenge is bound to it. */
export async function registrationOptions(
  deps: Deps,
  user: User,
  session: Pick<Session, 'id'>,
  purpose: 'register' | 'upgrade' = 'register',
): Promise<Registration> {
  const { passkey_user_handle } = await deps.db
    .selectFrom('users')
    .select('passkey_user_handle')
    .where('id', '=', user.id)
    .executeTakeFirstOrThrow()
  const userHandle = passkey_user_handle ?? createHandle(deps)
  const challenge = createChallenge(deps, purpose, registrationBinding(session, userHandle))
  const names = { name: user.email, displayName: user.name }
  return toCreation(deps, challenge, { id: userHandle, ...names }, await listPasskeys(deps, user))
}

/** The browser's script fills in the typed address and name. */
export function signUpOptions(deps: Deps): Registration {
  const userHandle = createHandle(deps)
  const challenge = createChallenge(deps, 'sign-up', userHandle)
  return toCreation(deps, challenge, { id: userHandle, name: '', displayName: '' }, [])
}

const createHandle = ({ random }: Deps) => base64url(random(HANDLE_BYTES))

const toCreation = (
  { config }: Deps,
  challenge: string,
  user: PublicKeyCredentialCreationOptionsJSON['user'],
  passkeys: Passkey[],
): Registration => ({
  userHandle: user.id,
  options: {
    challenge,
    rp: { id: config.passkeyDomain, name: config.branding.name },
    user,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
    timeout: CHALLENGE_LIFETIME,
    excludeCredentials: passkeys.map(toDescriptor),
    // Keys that cannot store a passkey or check a PIN are second factors.
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
    attestation: 'none',
    extensions: { credProps: true },
  },
})
