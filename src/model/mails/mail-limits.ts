import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { confirm, consume, consumeFor } from '@/model/limits/rate-limits'
import type { RateLimited, User } from '@/model/types'

/** Counts a form that asks for a mail. */
export const consumeMailRequest = (deps: Deps, source: string): Promise<RateLimited | undefined> =>
  inTransaction(
    deps,
    async (deps) => {
      const hit = await consume(deps, 'mail-request', source)
      if (hit.kind === 'rate-limited') return hit
      await confirm(deps, hit.id)
    },
    { durable: false },
  )

/**
 * Counts a mail that a form asks for. If it returns false, write no mail, but give the same response. All addresses count
 * alike, and notifications do not count: a limit that is reached sooner would reveal an account.
 */
export const consumeMailRecipient = (deps: Deps, canonicalEmail: string) =>
  consumeFor(deps, 'mail-recipient', canonicalEmail)

/**
 * Whether the user got too many mails of this kind: a user can request and cancel a deletion in a loop, with the address of
 * another person. Counts rows of the outbox, which stay longer than the windows.
 */
export async function isNotificationLimited({ db, now, config }: Deps, { id }: Pick<User, 'id'>, kind: MailKind) {
  for (const { max, window } of config.limits.notification) {
    const recent = db
      .selectFrom('mails')
      .select('id')
      .where('user_id', '=', id)
      .where('kind', '=', kind)
      .where('created_at', '>', now() - window)
      .offset(max - 1)
      .limit(1)
    if (await recent.executeTakeFirst()) return true
  }
  return false
}

/** For the mail job: a form could make the site write to many addresses without an account. */
export const consumeUnknownRecipient = (deps: Deps) => consumeFor(deps, 'mail-unknown-recipient', 'site')
