import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLocks, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { canonicalEmail } from '@/lib/email-address'
import { clientDetails } from '@/model/mails/client-details'
import { countUsed } from '@/model/mails/mail-counts'
import { enqueueMail } from '@/model/mails/mails'
import { consumeOneTimeToken, findTokenOwner, type TokenProof } from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import { endSessionsOf } from '@/model/sessions/end-all'
import { rotateToken } from '@/model/sessions/rotate'
import type { Client, Session, User } from '@/model/types'
import { isAddressTaken, replaceAddress } from './change-email'
import { cancelPendingChange } from './pending-changes'

/** An owner who reads mail once a week must have the chance to undo the change of an attacker. */
const UNDO_WINDOW = days(7)

type Change = Pick<Schema['email_changes'], 'id' | 'old_canonical_email' | 'new_canonical_email'>

type ConfirmedChange =
  /** `sessionToken` replaces the token of the session that was passed. */
  | { kind: 'changed'; user: User; sessionToken?: string }
  /** Another account has the address by now. The change is cancelled. */
  | { kind: 'unavailable' }
  /** The link or the code has been used, or the change has been cancelled, or the session has ended. */
  | { kind: 'invalid' }

/**
 * For a user who proved the account, by `session` or by its password. `proof` is the token of the link, or the id of the token
 * whose code was entered. All other sessions end: an attacker may have one.
 */
export async function confirmEmailChange(
  deps: Deps,
  user: Pick<User, 'id'>,
  proof: TokenProof | undefined,
  { session, client }: { session?: Session; client: Client },
): Promise<ConfirmedChange> {
  const owner = await findTokenOwner(deps, 'change-email', proof)
  const addresses = owner ? [canonicalEmail(owner.email) ?? '', owner.recipient] : []
  const confirm = async (deps: Deps): Promise<ConfirmedChange> => {
    if (session && !(await isCurrent(deps, session))) return { kind: 'invalid' }
    const consumed = await consumeOneTimeToken(deps, 'change-email', proof)
    const change = await findChange(deps, consumed?.email_change_id ?? '')
    // The account may have got another address since the request.
    if (change?.user_id !== user.id || !addresses.includes(change.old_canonical_email)) return { kind: 'invalid' }
    await countUsed(deps, 'change-email')
    if (await isAddressTaken(deps, change.new_canonical_email, user)) {
      await cancelPendingChange(deps, user)
      return { kind: 'unavailable' }
    }
    const isDeclined = await hasDeclinedOwner(deps, user)
    const from = { id: change.user_id, canonical_email: change.old_canonical_email }
    const to = { email: change.new_email, canonical: change.new_canonical_email }
    const changed = await replaceAddress(deps, from, to, deps.now())
    if (!changed) return { kind: 'invalid' }
    const at = deps.now()
    await deps.db
      .updateTable('email_changes')
      .set({ changed_at: at, undo_expires_at: isDeclined ? null : at + UNDO_WINDOW })
      .where('id', '=', change.id)
      .execute()
    await endSessionsOf(deps, user, 'revoked', session, session?.series_id)
    const rotated = session && (await rotateToken(deps, session))
    await reportChange(deps, changed, change, client, isDeclined)
    await recordEvent(deps, { kind: 'email-changed', userId: user.id, by: user.id }, client)
    return { kind: 'changed', user: changed, sessionToken: rotated?.token }
  }
  return inTransaction(deps, confirm, { locks: [...addresses.map(emailLock), ...accountLocks(user.id, owner?.id)] })
}

/** Whether `rotateToken` will succeed: nothing may be used up for a session that has ended or was rotated. */
const isCurrent = async ({ db }: Deps, { id, token_hash }: Session) => {
  const session = db.selectFrom('sessions').select('id').where('id', '=', id).where('token_hash', '=', token_hash)
  return (await session.where('ended_at', 'is', null).executeTakeFirst()) !== undefined
}

const findChange = ({ db }: Deps, id: string) =>
  db
    .selectFrom('email_changes')
    .select(['id', 'user_id', 'new_email', 'new_canonical_email', 'old_canonical_email'])
    .where('id', '=', id)
    .executeTakeFirst()

/** Whether the owner of the mailbox has nothing to do with the account: gets no mail about it, and may sign up at once. */
const hasDeclinedOwner = async ({ db }: Deps, { id }: Pick<User, 'id'>) => {
  const user = db.selectFrom('users').select('id').where('id', '=', id).where('email_declined_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}

/** The mail to the old address can undo the change. */
async function reportChange(
  deps: Deps,
  user: User,
  { id, old_canonical_email, new_canonical_email }: Change,
  client: Client,
  isDeclined: boolean,
) {
  const mail = { user, emailChangeId: id, details: clientDetails(client) }
  if (!isDeclined) await enqueueMail(deps, { kind: 'email-changed-old', recipient: old_canonical_email, ...mail })
  await enqueueMail(deps, { kind: 'email-changed-new', recipient: new_canonical_email, ...mail })
}
