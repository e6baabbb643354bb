import type { Deps } from '@/deps/deps'
import { seconds } from '@/lib/duration'

/** How long a job stands still after its process died. */
const LEASE_DURATION = seconds(30)

/** The holder calls it again, well before the lease ends. */
export const RENEW_INTERVAL = seconds(10)

/**
 * Returns true if the process `holder` has the job `name` for the next 30 seconds: it was free, its time was over, or
 * the process renews it. A time that is too far away was written while the clock was wrong. One statement on both
 * databases, and no connection is held.
 */
export async function acquireLease({ db, now }: Deps, name: string, holder: string) {
  const acquired = await db
    .insertInto('leases')
    .values({ name, holder, expires_at: now() + LEASE_DURATION })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(({ ref }) => ({ holder: ref('excluded.holder'), expires_at: ref('excluded.expires_at') }))
        .where(({ eb, or, ref }) =>
          or([
            eb('leases.expires_at', '<=', now()),
            eb('leases.expires_at', '>', now() + 2 * LEASE_DURATION),
            eb('leases.holder', '=', ref('excluded.holder')),
          ]),
        ),
    )
    .returning('name')
    .executeTakeFirst()
  return acquired !== undefined
}

/** Another process need not wait for the end of the lease. */
export async function releaseLease({ db }: Deps, name: string, holder: string) {
  await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute()
}
