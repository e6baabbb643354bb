import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { isTwoStepOn } from '@/model/factors/assurance'
import { unlockCodes } from '@/model/limits/code-attempts'
import { countUsed } from '@/model/mails/mail-counts'
import { consumeOneTimeToken, findOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { hashPassword } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import type { Client, User } from '@/model/types'
import { findUserWithStatus } from '@/model/users/user-list'
import { findUser } from '@/model/users/users'
import { changePassword } from './change-password'
import { startConfirmedReset } from './factors/delayed-reset'
import { proveMailbox } from './prove-mailbox'
import { canDisown, isStepMissing } from './reset-step'

type UnusableReset = { kind: 'invalid' } | { kind: 'deactivated' }
/** The token of a link that works. */
type OpenReset = { user: User; event: string | null; second_step_at: number | null }
export type ResetLookup =
  | { kind: 'open'; user: User }
  /** A second factor comes first. */
  | ({ kind: 'second-step' } & OpenReset)
  | UnusableReset
/** `isRecovered`: the account had been secured. */
type ResetResult =
  | { kind: 'reset'; user: User; isRecovered: boolean }
  | { kind: 'weak'; user: User; error: string }
  | Exclude<ResetLookup, { kind: 'open' }>

/** For the page of the link: changes nothing. */
export async function findReset(deps: Deps, token?: string): Promise<ResetLookup> {
  const found = await findOneTimeToken(deps, 'reset-password', token)
  const user = found?.user_id ? await findUserWithStatus(deps, found.user_id) : undefined
  if (!found || !user) return { kind: 'invalid' }
  if (user.state === 'deactivated') return { kind: 'deactivated' }
  return isStepMissing(deps, user, found) ? { ...found, kind: 'second-step', user } : { kind: 'open', user }
}

/** Does not log in: the mailbox alone must not pass a second factor (ASVS 5.0, 6.4.3). */
export async function resetPassword(
  deps: Deps,
  token: string | undefined,
  password: string,
  client: Client,
): Promise<ResetResult> {
  const reset = await findReset(deps, token)
  if (reset.kind !== 'open') return reset
  const error = await validatePassword(deps, password, reset.user)
  if (error !== undefined) return { kind: 'weak', user: reset.user, error } // the link keeps working
  const hash = await hashPassword(deps, password, client.source)
  const done = await inTransaction(deps, (deps) => useReset(deps, token, hash, client), {
    locks: userLocks(reset.user),
  })
  if (done) return { kind: 'reset', ...done }
  const later = await findReset(deps, token) // used, or deactivated, while the password was hashed
  return later.kind === 'open' || later.kind === 'second-step' ? { kind: 'invalid' } : later
}

async function useReset(deps: Deps, token: string | undefined, hash: string, client: Client) {
  const consumed = await consumeOneTimeToken(deps, 'reset-password', token)
  const user = consumed?.user_id ? await findUserWithStatus(deps, consumed.user_id) : undefined
  if (!consumed || !user) return undefined
  const isRecovered = await isSecured(deps, user)
  await countUsed(deps, 'reset-password')
  await changePassword(deps, user, hash, user.id, { client, how: 'reset' })
  // Else a mailbox alone would end the count of wrong codes again and again.
  if (consumed.second_step === 'proved' || !isTwoStepOn(user)) await unlockCodes(deps, user)
  await recordRecovery(deps, user)
  await proveMailbox(deps, user)
  await postponeDeletion(deps, user)
  if (consumed.second_step === 'disowned') await startDisownedReset(deps, user.id, consumed, client)
  return { user, isRecovered }
}

async function startDisownedReset(deps: Deps, userId: string, consumed: { event: string | null }, client: Client) {
  const user = await findUser(deps, userId) // with the version of the new password
  if (user && (await canDisown(deps, user, consumed))) await startConfirmedReset(deps, user, client)
}

const isSecured = async ({ db }: Deps, { id }: Pick<User, 'id'>) => {
  const user = db.selectFrom('users').select('id').where('id', '=', id).where('secured_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}

const recordRecovery = ({ db, now }: Deps, { id }: Pick<User, 'id'>) =>
  db.updateTable('users').set({ recovered_at: now() }).where('id', '=', id).execute()

/** An attacker who had the mailbox for an hour must not see the account deleted before its owner returns. */
async function postponeDeletion({ db, now, config }: Deps, { id }: Pick<User, 'id'>) {
  const [at, earliest] = [now(), now() + config.recoveryHold]
  await db
    .updateTable('users')
    .set({ deletion_at: earliest })
    .where('id', '=', id)
    .where('deletion_at', '>', at)
    .where('deletion_at', '<', earliest)
    .execute()
}
