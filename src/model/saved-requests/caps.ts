import type { DiscardReason } from '@db/session-tables'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'

type Row = Pick<Schema['saved_requests'], 'id' | 'user_id' | 'key_hash' | 'source_hash' | 'created_at'>

const columns = ['id', 'user_id', 'key_hash', 'source_hash', 'created_at'] as const

/**
 * Belongs in the transaction that inserts `added`, with the account lock. Each save adds one row, so at most one is above each
 * cap. Parallel saves of several users may exceed the cap of all users by a few.
 */
export async function enforceCaps(deps: Deps, added: Row) {
  const { perBrowser, perUser, inTotal } = deps.config.rowCaps.savedRequests
  const waiting = selectRows(deps).where('discarded_reason', 'is', null)
  const ofUser = waiting.where('user_id', '=', added.user_id)
  const ofBrowser = ofUser.where('key_hash', '=', added.key_hash).orderBy('created_at', 'desc').orderBy('id')
  const [oldest] = await ofBrowser.offset(perBrowser).limit(1).execute()
  if (oldest) await discard(deps, oldest, 'too-many')
  for (const [rows, max] of [
    [ofUser, perUser],
    [waiting, inTotal],
  ] as const) {
    const surplus = chooseSurplus(await rows.execute(), max, added)
    if (surplus) await discard(deps, surplus, 'too-many')
  }
}

const selectRows = ({ db }: Deps) => db.selectFrom('saved_requests').select(columns)

/**
 * The row that gives way. A source with most of all rows comes first, then the user with the most: accounts are easier to
 * get than sources. The newest of equal rows gives way, so that a flood never pushes out what is already saved.
 */
export function chooseSurplus<T extends Row>(rows: T[], max: number, added: Pick<Row, 'id'>): T | undefined {
  if (rows.length <= max) return undefined
  const ofSource = countBy(rows, 'source_hash')
  const ofUser = countBy(rows, 'user_id')
  const dominates = (row: T) => Number(ofSource(row) * 2 > rows.length)
  const isAdded = ({ id }: T) => Number(id === added.id)
  return rows.toSorted(
    (a, b) =>
      dominates(b) - dominates(a) ||
      ofUser(b) - ofUser(a) ||
      ofSource(b) - ofSource(a) ||
      b.created_at - a.created_at ||
      isAdded(b) - isAdded(a),
  )[0]
}

function countBy<T extends Row>(rows: T[], column: 'source_hash' | 'user_id') {
  const counts = new Map<string | null, number>()
  for (const row of rows) counts.set(row[column], (counts.get(row[column]) ?? 0) + 1)
  return (row: T) => counts.get(row[column]) ?? 0
}

/** Keeps a row without content, to tell the user. One per browser and reason is enough. */
export async function discard(deps: Deps, row: Row, discarded_reason: DiscardReason) {
  const rows = deps.db.updateTable('saved_requests').where('id', '=', row.id)
  await rows.set({ ciphertext: '', claimed_at: null, discarded_reason }).execute()
  await deps.db
    .deleteFrom('saved_requests')
    .where('user_id', '=', row.user_id)
    .where('key_hash', '=', row.key_hash)
    .where('discarded_reason', '=', discarded_reason)
    .where('id', '!=', row.id)
    .execute()
  const discarded = await selectRows(deps).where('discarded_reason', 'is not', null).execute()
  const surplus = chooseSurplus(discarded, deps.config.rowCaps.savedRequests.inTotal, row)
  if (surplus) await deps.db.deleteFrom('saved_requests').where('id', '=', surplus.id).execute()
}
