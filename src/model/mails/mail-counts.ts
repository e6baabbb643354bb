import type { LinkPurpose } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'

type Column = 'sent_count' | 'opened_count' | 'used_count'

const LISTED_DAYS = 30

/** In UTC, like `2026-11-28`. */
export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

async function add({ db, now }: Deps, purpose: LinkPurpose, column: Column, count: number) {
  const day = dayOf(now())
  await db
    .insertInto('mail_daily_counts')
    .values({ id: `${day} ${purpose}`, day, purpose, [column]: count })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ eb }) => ({ [column]: eb(`mail_daily_counts.${column}`, '+', count) })),
    )
    .execute()
}

/** Belongs in the transaction that records the mail. */
export const countSent = (deps: Deps, purpose: LinkPurpose) => add(deps, purpose, 'sent_count', 1)

/** Belongs in the transaction that consumes the token. */
export const countUsed = (deps: Deps, purpose: LinkPurpose) => add(deps, purpose, 'used_count', 1)

/** By the configuration, of which each process has one. A transaction has its own `deps`. */
const opened = new WeakMap<Deps['config'], Map<LinkPurpose, number>>()

/** In memory, because a GET changes no row. A crash loses the counts of up to a minute. */
export function countOpened({ config }: Deps, purpose: LinkPurpose) {
  const counts = opened.get(config) ?? new Map<LinkPurpose, number>()
  counts.set(purpose, (counts.get(purpose) ?? 0) + 1)
  opened.set(config, counts)
}

/** Called by the mail job. */
export async function saveOpened(deps: Deps) {
  const counts = opened.get(deps.config) ?? []
  opened.delete(deps.config)
  for (const [purpose, count] of counts) await add(deps, purpose, 'opened_count', count)
}

export type DailyCount = Omit<Schema['mail_daily_counts'], 'id' | Column> & { [C in Column]: number }

/** Newest day first. */
export const listDailyCounts = ({ db, now }: Deps): Promise<DailyCount[]> =>
  db
    .selectFrom('mail_daily_counts')
    .select(['day', 'purpose', 'sent_count', 'opened_count', 'used_count'])
    .where('day', '>', dayOf(now() - days(LISTED_DAYS)))
    .orderBy('id', 'desc')
    .execute()
