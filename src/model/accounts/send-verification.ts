import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { sendForOperator } from '@/model/mails/request-mail'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'

/** For an admin. The mail job drops the mail if the address is confirmed. */
export function sendVerificationTo(deps: Deps, user: Pick<User, 'id' | 'email' | 'password_version'>, by: Actor) {
  const send = async (deps: Deps) => {
    await sendForOperator(deps, user, 'verify-email')
    await recordEvent(deps, { kind: 'verification-requested', userId: user.id, by })
  }
  return inTransaction(deps, send, { locks: [accountLock(user.id)] })
}
