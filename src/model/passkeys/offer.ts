import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { idPrefixAt } from '@/lib/sortable-id'
import { recordEvent } from '@/model/security-events/security-events'
import type { Session, User } from '@/model/types'
import { canUsePasskeys } from './passkeys'

const DECLINED_FOR = days(90)

/** Whether to offer a passkey after this login: with a password, without a passkey, and not after a recent "Not now". */
export async function shouldOfferPasskey(deps: Deps, { id }: Pick<User, 'id'>, { amr }: Pick<Session, 'amr'>) {
  const { db, now } = deps
  if (!canUsePasskeys(deps) || !amr.split(' ').includes('password')) return false
  const passkey = await db.selectFrom('passkeys').select('id').where('user_id', '=', id).limit(1).executeTakeFirst()
  if (passkey) return false
  const declined = await db
    .selectFrom('security_events')
    .select('id')
    .where('user_id', '=', id)
    .where('id', '>=', idPrefixAt(now() - DECLINED_FOR + 1))
    .where('kind', '=', 'passkey-declined')
    .limit(1)
    .executeTakeFirst()
  return declined === undefined
}

/** Stored as an event that no page shows. */
export const declinePasskey = (deps: Deps, { id }: Pick<User, 'id'>) =>
  recordEvent(deps, { kind: 'passkey-declined', userId: id })
