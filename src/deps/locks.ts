import { canonicalEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'

/**
 * The name of a lock that a transaction holds until its end. PostgreSQL runs transactions at once, so a transaction that
 * reads rows and then writes by what it read needs the lock of those rows. SQLite has a single writer.
 */
export interface Lock {
  /** Locks are taken in this order, so that no two transactions wait for each other. */
  rank: 0 | 1 | 2 | 3
  name: string
}

/** For changes that can reduce the number of active admins, and for actions that need the permission `users:write`. */
export const adminsLock: Lock = { rank: 0, name: 'admins' }

/** For counting a hit of a rate limit. */
export const limitLock = (limit: string, source: string): Lock => ({ rank: 1, name: `limit ${limit} ${source}` })

/**
 * For failed logins of an email address, and for its uniqueness and reservation. Exists for unknown addresses too, so that
 * they take the same time.
 */
export const emailLock = (canonicalEmail: string): Lock => ({ rank: 2, name: `email ${sha256(canonicalEmail)}` })

/** For counting wrong codes of a user. */
export const secondFactorLock = (userId: string): Lock => ({ rank: 2, name: `second-factor ${userId}` })

/** For everything that reads and then writes rows of one account. */
export const accountLock = (userId: string): Lock => ({ rank: 3, name: `account ${userId}` })

/** For a change that touches failed logins, wrong codes and other rows of a user, such as a login or a new password. */
export const userLocks = ({ id, email }: { id: string; email: string }) => [
  emailLock(canonicalEmail(email) ?? ''),
  secondFactorLock(id),
  accountLock(id),
]

/** The account locks of the users that exist. */
export const accountLocks = (...userIds: (string | undefined)[]) =>
  userIds.flatMap((id) => (id === undefined ? [] : [accountLock(id)]))

/** Sorted and without duplicates. */
export function orderLocks(locks: readonly Lock[]) {
  const byName = new Map(locks.map((lock) => [lock.name, lock]))
  const compare = (a: Lock, b: Lock) => a.rank - b.rank || (a.name < b.name ? -1 : 1)
  return [...byName.values()].toSorted(compare).map(({ name }) => name)
}
