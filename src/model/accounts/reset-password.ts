import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { countUsed } from '@/model/mails/mail-counts'
import { consumeOneTimeToken, findOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { hashPassword } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import type { Client, User } from '@/model/types'
import { findUserWithStatus } from '@/model/users/user-list'
import { changePassword } from './change-password'

type UnusableReset = { kind: 'invalid' } | { kind: 'deactivated' }
type ResetLookup = { kind: 'open'; user: User } | UnusableReset
type ResetResult = { kind: 'reset'; user: User } | { kind: 'weak'; user: User; error: string } | UnusableReset

/** For the page of the link: changes nothing. */
export async function findReset(deps: Deps, token?: string): Promise<ResetLookup> {
  const found = await findOneTimeToken(deps, 'reset-password', token)
  const user = found?.user_id ? await findUserWithStatus(deps, found.user_id) : undefined
  if (!user) return { kind: 'invalid' }
  return user.state === 'deactivated' ? { kind: 'deactivated' } : { kind: 'open', user }
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
  const user = await inTransaction(deps, (deps) => useReset(deps, token, hash, client))
  if (user) return { kind: 'reset', user }
  const later = await findReset(deps, token) // used, or deactivated, while the password was hashed
  return later.kind === 'open' ? { kind: 'invalid' } : later
}

async function useReset(deps: Deps, token: string | undefined, hash: string, client: Client) {
  const consumed = await consumeOneTimeToken(deps, 'reset-password', token)
  const user = consumed?.user_id ? await findUserWithStatus(deps, consumed.user_id) : undefined
  if (!user) return undefined
  await countUsed(deps, 'reset-password')
  await changePassword(deps, user, hash, user.id, { client, how: 'reset' })
  await recordRecovery(deps, user)
  await postponeDeletion(deps, user)
  return user
}

/** The link also proved the address. */
async function recordRecovery({ db, now }: Deps, { id }: Pick<User, 'id'>) {
  const at = now()
  await db
    .updateTable('users')
    .set(({ fn, val, ref }) => ({
      recovered_at: at,
      email_verified_at: fn.coalesce(ref('email_verified_at'), val(at)),
    }))
    .where('id', '=', id)
    .execute()
}

/** An attacker who had the mailbox for an hour must not see the account deleted before its owner resets the password again. */
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
