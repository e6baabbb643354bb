import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { openSecret, sealSecret } from './secret'

const TABLE = 'authenticator_apps'

/** Encrypts all secrets with the newest key. Returns how many it encrypted, and how many lack their key. */
export async function resealApps(deps: Deps) {
  const counts = { resealed: 0, failed: 0 }
  for (const app of await listOlderSecrets(deps)) counts[(await resealApp(deps, app)) ? 'resealed' : 'failed']++
  return counts
}

const listOlderSecrets = ({ db, keys }: Deps) =>
  db.selectFrom(TABLE).select(['id', 'user_id']).where('key_id', '!=', keys.newestKeyId).execute()

function resealApp(deps: Deps, { id, user_id }: { id: string; user_id: string }) {
  const reseal = async (deps: Deps) => {
    const columns = ['id', 'user_id', 'secret_ciphertext', 'key_id'] as const
    const row = await deps.db.selectFrom(TABLE).select(columns).where('id', '=', id).executeTakeFirst()
    if (!row) return true // removed meanwhile
    const secret = openSecret(deps, row)
    if (secret === undefined) return false
    const sealed = sealSecret(deps, secret, { id, userId: row.user_id })
    await deps.db.updateTable(TABLE).set(sealed).where('id', '=', id).execute()
    return true
  }
  return inTransaction(deps, reseal, { locks: [accountLock(user_id)] })
}

/** How many confirmed apps each key has encrypted. */
export const countAppsByKey = ({ db }: Deps) =>
  db
    .selectFrom(TABLE)
    .select(({ fn }) => ['key_id', fn.countAll<number>().as('count')])
    .where('confirmed_at', 'is not', null)
    .groupBy('key_id')
    .execute()
