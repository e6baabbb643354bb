import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { cancelAttempt, clearFailures, startAttempt } from '@/model/limits/login-attempts'
import { countUsed } from '@/model/mails/mail-counts'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  isProvedBy,
  type TokenProof,
} from '@/model/one-time-tokens/one-time-tokens'
import { insertSignUpPasskey, type SignUpPasskey } from '@/model/passkeys/add'
import { isRegistered } from '@/model/passkeys/passkeys'
import { hashPassword, matchPassword } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import type { AuthFailure, Client, User } from '@/model/types'
import { insertUser } from '@/model/users/users'
import { recordFailure } from './authenticate'

/** A sign-up whose address is not confirmed yet. */
export type PendingSignup = Omit<Schema['pending_signups'], 'expires_at'>

const columns = [
  'id',
  'email',
  'canonical_email',
  'name',
  'password_hash',
  'passkey',
  'flow_hash',
  'created_at',
] as const satisfies (keyof PendingSignup)[]

/** The browser that signed up, at most 24 hours ago. */
export const findPendingSignupOf = (deps: Deps, flow: string): Promise<PendingSignup | undefined> =>
  selectPending(deps).where('flow_hash', '=', sha256(flow)).executeTakeFirst()

/** For the page of a link: changes nothing. */
export async function findPendingSignup(deps: Deps, token: string): Promise<PendingSignup | undefined> {
  const found = await findOneTimeToken(deps, 'sign-up', token)
  return found && selectPending(deps).where('id', '=', found.pending_signup_id).executeTakeFirst()
}

/** Whether the browser with this flow signed up. */
export const isFlowOf = ({ flow_hash }: PendingSignup, flow = '') => flow_hash === sha256(flow)

const selectPending = ({ db, now }: Deps) =>
  db.selectFrom('pending_signups').select(columns).where('expires_at', '>', now())

export type FinishedSignUp =
  /** `passkeyId`: the account has this passkey and no password. */
  | { kind: 'created'; user: User; pending: PendingSignup; passkeyId?: string }
  /** Another sign-up, or a change of address, took the address meanwhile. */
  | { kind: 'taken'; pending: PendingSignup }
  /** The link or the code was used meanwhile. */
  | { kind: 'gone' }

/** For the browser that signed up. `code` is the id of the token whose code was right. */
export const confirmByCode = (deps: Deps, code: { id: string }, client: Client) => finishSignUp(deps, code, client)

/** For the browser that signed up: the caller has compared the flow. */
export const confirmByLink = (deps: Deps, token: string, client: Client) => finishSignUp(deps, token, client)

/**
 * In another browser, the password of the sign-up proves that its user opened the link: the link of a sign-up by an
 * attacker also arrives in the mailbox of the victim. The limits of a login with the address apply.
 */
export async function confirmByPassword(
  deps: Deps,
  token: string,
  { canonical_email, password_hash }: PendingSignup,
  password: string,
  client: Client,
): Promise<FinishedSignUp | AuthFailure> {
  const attempt = await startAttempt(deps, canonical_email, client)
  if (attempt.kind === 'rate-limited') return attempt
  const match = await matchPassword(deps, password, { hash: password_hash }, client.source).catch(
    async (error: unknown) => {
      await cancelAttempt(deps, attempt)
      throw error
    },
  )
  if (match.text === undefined) {
    const failure = await recordFailure(deps, canonical_email, client, attempt)
    if (match.error !== undefined) throw match.error
    return failure
  }
  const locks = [emailLock(canonical_email)]
  await inTransaction(deps, (deps) => clearFailures(deps, attempt), { locks, durable: false })
  return finishSignUp(deps, token, client)
}

/** The mailbox outranks the password of the sign-up, which an attacker may have chosen. */
export async function confirmWithNewPassword(
  deps: Deps,
  token: string,
  pending: PendingSignup,
  password: string,
  client: Client,
): Promise<FinishedSignUp | { kind: 'weak'; error: string }> {
  const error = await validatePassword(deps, password, pending)
  if (error !== undefined) return { kind: 'weak', error } // the link keeps working
  return finishSignUp(deps, token, client, await hashPassword(deps, password, client.source))
}

/**
 * Creates the account, or nothing if the address or the passkey was taken meanwhile. A new password also outranks the passkey of
 * the sign-up.
 */
async function finishSignUp(deps: Deps, token: TokenProof, client: Client, newHash?: string): Promise<FinishedSignUp> {
  const id = base64url(deps.random(16))
  const address = await findPendingAddress(deps, token)
  const finish = async (deps: Deps): Promise<FinishedSignUp> => {
    const pending = await consumePending(deps, token)
    if (!pending) return { kind: 'gone' }
    await countUsed(deps, 'sign-up')
    const { email, name, password_hash } = pending
    const passkey = newHash === undefined ? passkeyOf(pending) : undefined
    if (passkey && (await isRegistered(deps, passkey.passkey.credential_id))) return { kind: 'taken', pending }
    const account = { email, name, password_hash: newHash ?? password_hash }
    const user = await insertUser(deps, account, 'user', { client, id, isVerified: true })
    if (!user) return { kind: 'taken', pending }
    const passkeyId = passkey && (await insertSignUpPasskey(deps, user, passkey))
    return { kind: 'created', user, pending, passkeyId }
  }
  return inTransaction(deps, finish, { locks: [...address.map(emailLock), accountLock(id)] })
}

async function findPendingAddress({ db }: Deps, token: TokenProof) {
  const pending = await db
    .selectFrom('pending_signups')
    .innerJoin('one_time_tokens', 'one_time_tokens.pending_signup_id', 'pending_signups.id')
    .select('pending_signups.canonical_email')
    .where(isProvedBy(token))
    .execute()
  return pending.map(({ canonical_email }) => canonical_email)
}

/** Only `requestSignUp` writes it. */
function passkeyOf({ passkey }: PendingSignup): SignUpPasskey | undefined {
  return passkey === null ? undefined : JSON.parse(passkey)
}

/** Deletes the sign-up with its other tokens and its waiting mails. */
async function consumePending(deps: Deps, token: TokenProof): Promise<PendingSignup | undefined> {
  const consumed = await consumeOneTimeToken(deps, 'sign-up', token)
  if (!consumed) return undefined
  return deps.db
    .deleteFrom('pending_signups')
    .where('id', '=', consumed.pending_signup_id)
    .where('expires_at', '>', deps.now())
    .returning(columns)
    .executeTakeFirst()
}

/** For the owner of a mailbox who did not sign up. Returns undefined if the link does not work. */
export const declineSignUp = (deps: Deps, token: string) =>
  inTransaction(deps, async (deps) => consumePending(deps, token), { locks: [] }) // no account exists
