import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { consumeChallenge } from './challenges'
import { challengeIn, parseAssertion, type Assertion } from './credential'
import { isRegistered, isUsable, passkeyColumns, type Passkey } from './passkeys'
import { withLimit } from './with-limit'

export type AssertionInput = {
  /** The text of the form field. */
  assertion: string
  /** `reset`: a new password, which also opens a secured account. */
  purpose: 'login' | 'second-step' | 'reset' | 'step-up'
  binding?: string
  /** The user of the pending login or the session; the passkey must be theirs. Undefined for a login. */
  user?: Pick<User, 'id'>
  requireUserVerification: boolean
}

export type VerifiedAssertion = {
  kind: 'ok'
  passkey: Passkey
  user: User
  isUserVerified: boolean
  /** The account is deleted at `deletion_at`, unless the user keeps it. No session may start. */
  isDeletionScheduled: boolean
  /** Belongs in the transaction that starts or renews the session. False if the passkey was removed meanwhile. */
  use(deps: Deps): Promise<boolean>
}

/** `isUnknown`: no account has this passkey, so the browser may stop offering it. */
export type FailedAssertion = { kind: 'failed'; isUnknown?: boolean }

const FAILED: FailedAssertion = { kind: 'failed' }

/** Every failure has the same response. A field that no browser sends proves nothing, so it is not counted. */
export async function verifyAssertion(
  deps: Deps,
  input: AssertionInput,
  client: Client,
): Promise<VerifiedAssertion | FailedAssertion | RateLimited> {
  const assertion = parseAssertion(input.assertion)
  if (!assertion) return FAILED
  return withLimit(deps, 'passkey', client.source ?? '', () => checkAssertion(deps, assertion, input, client))
}

async function checkAssertion(deps: Deps, assertion: Assertion, input: AssertionInput, client: Client) {
  const challenge = challengeIn(assertion.clientDataJSON, 'webauthn.get', deps.config.appUrl)
  if (challenge === undefined) return FAILED
  if (!(await consumeChallenge(deps, challenge, [input.purpose], input.binding))) return FAILED
  const found = await findUsable(deps, assertion, input)
  if (!found) return { ...FAILED, isUnknown: !(await isRegistered(deps, assertion.id)) }
  const { passkey } = found
  // An attacker who has a key without a PIN can set one. So a key that was added without verification never stands alone.
  const isVerifying = passkey.is_user_verifying === 1
  if (input.requireUserVerification && !isVerifying) return FAILED
  const verified = await verifySignature(deps, assertion, challenge, passkey, input.requireUserVerification)
  if (!verified) return FAILED
  // A passkey keeps this flag for its whole life, so another authenticator has answered (WebAuthn, section 6.1.3).
  if (verified.isBackupEligible !== (passkey.is_backup_eligible === 1)) return FAILED
  if (!(await recordCounter(deps, passkey, verified, client))) return FAILED
  const isLogin = input.purpose === 'login'
  const { user, isDeletionScheduled } = found
  const isUserVerified = verified.isUserVerified && isVerifying
  const use = (deps: Deps) => recordUse(deps, passkey.id, isLogin)
  return { kind: 'ok' as const, passkey, user, isUserVerified, isDeletionScheduled, use }
}

/** The passkey, if it belongs to the user and the user may log in. For a login, the handle tells the user. */
async function findUsable(
  deps: Deps,
  { id, userHandle }: Assertion,
  { user, purpose }: AssertionInput,
): Promise<{ passkey: Passkey; user: User; isDeletionScheduled: boolean } | undefined> {
  if (purpose === 'login' ? userHandle === undefined : user === undefined) return undefined
  const row = await deps.db
    .selectFrom('passkeys')
    .innerJoin('users', 'users.id', 'passkeys.user_id')
    .select(passkeyColumns)
    .select(joinedUserColumns)
    .select('users.deletion_at as deletion_at')
    .where('credential_id', '=', id)
    .where(isUsable(deps))
    .where('deactivated_at', 'is', null)
    .where(({ or, eb }) => or([eb('deletion_at', 'is', null), eb('deletion_at', '>', deps.now())]))
    .$if(purpose !== 'reset', (query) => query.where('secured_at', 'is', null))
    .$if(user !== undefined, (query) => query.where('users.id', '=', user?.id ?? ''))
    .$if(userHandle !== undefined, (query) => query.where('passkey_user_handle', '=', userHandle ?? ''))
    .executeTakeFirst()
  return row && { passkey: row, user: toUser(row), isDeletionScheduled: row.deletion_at !== null }
}

/** The library would compare the counter before the signature. Then an invented answer could flag a passkey. */
const IGNORE_COUNTER = -1

type Verified = { isUserVerified: boolean; isBackupEligible: boolean; isBackedUp: boolean; counter: number }

async function verifySignature(
  { config }: Deps,
  { id, clientDataJSON, authenticatorData, signature }: Assertion,
  expectedChallenge: string,
  passkey: Passkey,
  requireUserVerification: boolean,
): Promise<Verified | undefined> {
  try {
    const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge,
      expectedOrigin: config.appUrl,
      expectedRPID: passkey.rp_id,
      credential: {
        id,
        publicKey: Uint8Array.from(Buffer.from(passkey.public_key, 'base64url')),
        counter: IGNORE_COUNTER,
      },
      requireUserVerification,
    })
    if (!verified) return undefined
    return {
      isUserVerified: info.userVerified,
      isBackupEligible: info.credentialDeviceType === 'multiDevice',
      isBackedUp: info.credentialBackedUp,
      counter: info.newCounter,
    }
  } catch {
    return undefined
  }
}

/**
 * Stores the counter, or flags the passkey if it did not rise: then two authenticators have the key. The signature is right,
 * so the counter counts even if no session starts.
 */
function recordCounter(deps: Deps, { id, user_id }: Passkey, { counter, isBackedUp }: Verified, client: Client) {
  const record = async (deps: Deps) => {
    const counted = await deps.db
      .updateTable('passkeys')
      .set({ sign_count: counter, is_backed_up: Number(isBackedUp) })
      .where('id', '=', id)
      .where('flagged_at', 'is', null)
      .where('sign_count', counter === 0 ? '=' : '<', counter) // authenticators that sync passkeys always send 0
      .returning('id')
      .executeTakeFirst()
    if (counted) return true
    const flagged = await deps.db
      .updateTable('passkeys')
      .set({ flagged_at: deps.now() })
      .where('id', '=', id)
      .where('flagged_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (flagged) await recordEvent(deps, { kind: 'passkey-flagged', userId: user_id, factorId: id }, client)
    return false
  }
  return inTransaction(deps, record, { locks: [accountLock(user_id)] })
}

/** For a login whose user answers a question after the passkey. False if it was removed or flagged meanwhile. */
export const usePasskey = (deps: Deps, id: string) => recordUse(deps, id, true)

async function recordUse({ db, now }: Deps, id: string, isLogin: boolean) {
  const used = await db
    .updateTable('passkeys')
    .set({ last_used_at: now(), ...(isLogin ? { last_login_at: now() } : {}) })
    .where('id', '=', id)
    .where('flagged_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}
