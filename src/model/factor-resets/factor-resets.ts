import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { base64url } from '@/lib/encoding'
import type { User } from '@/model/types'

/** `requested`: the link of the first mail was not used yet. `waiting`: the period runs. `due`: the period is over. */
export type FactorReset = { id: string; requestedAt: number } & (
  { state: 'requested' } | { state: 'waiting' | 'due'; dueAt: number }
)

type Owner = Pick<User, 'id' | 'password_version'>
type Row = Schema['factor_resets']

const columns = ['id', 'requested_at', 'due_at'] as const

/** The one that is neither cancelled nor completed. */
export async function findFactorReset(deps: Deps, { id, password_version }: Owner): Promise<FactorReset | undefined> {
  const row = await deps.db
    .selectFrom('factor_resets')
    .select(columns)
    .where('user_id', '=', id)
    .where('password_version', '=', password_version)
    .where('completed_at', 'is', null)
    .executeTakeFirst()
  return row && toReset(deps, row)
}

function toReset({ now }: Deps, { id, requested_at, due_at }: Pick<Row, (typeof columns)[number]>): FactorReset {
  const reset = { id, requestedAt: requested_at }
  if (due_at === null) return { ...reset, state: 'requested' }
  return { ...reset, state: due_at > now() ? 'waiting' : 'due', dueAt: due_at }
}

/**
 * Replaces a request whose link was not used, and a completed reset. Returns undefined if the waiting period of another one
 * runs. With `dueAt`, that period starts now. Belongs in a transaction.
 */
export async function insertFactorReset(deps: Deps, { id: user_id, password_version }: Owner, dueAt?: number) {
  const at = deps.now()
  await deps.db
    .deleteFrom('factor_resets')
    .where('user_id', '=', user_id)
    .where(({ or, eb }) =>
      or([
        eb('confirmed_at', 'is', null),
        eb('completed_at', 'is not', null),
        eb('password_version', '!=', password_version),
      ]),
    )
    .execute()
  const row = {
    id: base64url(deps.random(16)),
    user_id,
    requested_at: at,
    confirmed_at: dueAt === undefined ? null : at,
    due_at: dueAt ?? null,
    password_version,
  }
  const inserted = deps.db.insertInto('factor_resets').values(row)
  return inserted
    .onConflict((conflict) => conflict.column('user_id').doNothing())
    .returning('id')
    .executeTakeFirst()
}

/** Keeps an open request, so that its earlier links work. Belongs in a transaction. */
export async function insertRequest(deps: Deps, user: Owner) {
  const renewed = await deps.db
    .updateTable('factor_resets')
    .set({ requested_at: deps.now() })
    .where('user_id', '=', user.id)
    .where('password_version', '=', user.password_version)
    .where('confirmed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!renewed) await insertFactorReset(deps, user)
}

/** Starts the waiting period. False if it runs already, or if the request was replaced. */
export async function confirmFactorReset({ db, now }: Deps, id: string, due_at: number) {
  const confirmed = await db
    .updateTable('factor_resets')
    .set({ confirmed_at: now(), due_at })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return confirmed !== undefined
}

/** Only one of parallel calls returns true. False before the end of the waiting period and after a new password. */
export async function completeFactorReset({ db, now }: Deps, id: string, { password_version }: Owner) {
  const completed = await db
    .updateTable('factor_resets')
    .set({ completed_at: now() })
    .where('id', '=', id)
    .where('completed_at', 'is', null)
    .where('due_at', '<=', now())
    .where('password_version', '=', password_version)
    .returning('id')
    .executeTakeFirst()
  return completed !== undefined
}

/** Also ends its links, by the foreign key. Returns false if none was open. */
export async function deleteFactorReset({ db }: Deps, { id }: Pick<User, 'id'>) {
  const deleted = await db
    .deleteFrom('factor_resets')
    .where('user_id', '=', id)
    .where('completed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return deleted !== undefined
}
