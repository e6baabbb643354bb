import { verifyRegistrationResponse } from '@simplewebauthn/server'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { base64url } from '@/lib/encoding'
import type { Client, RateLimited, User } from '@/model/types'
import { consumeChallenge, type ChallengePurpose } from './challenges'
import { challengeIn, parseAttestation, withoutStatement, type Attestation } from './credential'
import { ALGORITHMS, algorithmOf } from './public-key'
import { withLimit } from './with-limit'

const FAILED = { kind: 'failed' } as const

/** A passkey that no account has yet. */
export type NewPasskey = Omit<
  Schema['passkeys'],
  'id' | 'user_id' | 'name' | 'created_via' | 'created_at' | 'last_used_at' | 'last_login_at' | 'flagged_at'
>

export type AttestationInput = {
  attestation: string
  purposes: readonly ChallengePurpose[]
  binding: string
  /** The user who adds a passkey; undefined for a sign-up. */
  user?: Pick<User, 'id'>
}

export type VerifiedAttestation = { kind: 'ok'; passkey: NewPasskey; purpose: ChallengePurpose }

/** The signature of a new passkey proves nothing: its account is that of the session. */
export async function verifyAttestation(
  deps: Deps,
  input: AttestationInput,
  client: Client,
): Promise<VerifiedAttestation | { kind: 'failed' } | RateLimited> {
  const attestation = parseAttestation(input.attestation)
  if (!attestation) return FAILED
  const check = () => checkAttestation(deps, attestation, input)
  return input.user
    ? withLimit(deps, 'new-factor', input.user.id, check)
    : withLimit(deps, 'passkey', client.source ?? '', check)
}

async function checkAttestation(
  deps: Deps,
  attestation: Attestation,
  input: AttestationInput,
): Promise<VerifiedAttestation | { kind: 'failed' }> {
  const { appUrl, passkeyDomain } = deps.config
  const { id, clientDataJSON, transports } = attestation
  const challenge = challengeIn(clientDataJSON, 'webauthn.create', appUrl)
  if (challenge === undefined) return FAILED
  const purpose = await consumeChallenge(deps, challenge, input.purposes, input.binding)
  if (!purpose) return FAILED
  try {
    const { verified, registrationInfo: info } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON, attestationObject: withoutStatement(attestation.attestationObject) },
      },
      expectedChallenge: challenge,
      expectedOrigin: appUrl,
      expectedRPID: passkeyDomain,
      requireUserPresence: purpose !== 'upgrade', // the browser asks no question then
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    const algorithm = verified ? algorithmOf(info.credential.publicKey) : undefined
    if (!verified || algorithm === undefined || info.credential.id !== id) return FAILED
    const isSynced = info.credentialDeviceType === 'multiDevice'
    const passkey = {
      credential_id: id,
      public_key: base64url(info.credential.publicKey),
      algorithm,
      sign_count: info.credential.counter,
      transports: transports.join(' '),
      aaguid: info.aaguid,
      rp_id: passkeyDomain,
      // Browsers that do not tell it have only authenticators that store passkeys.
      is_discoverable: Number(attestation.isDiscoverable ?? true),
      is_user_verifying: Number(info.userVerified),
      is_backup_eligible: Number(isSynced),
      is_backed_up: Number(info.credentialBackedUp),
    }
    return { kind: 'ok', passkey, purpose }
  } catch {
    return FAILED
  }
}
