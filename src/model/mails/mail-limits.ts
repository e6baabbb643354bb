import type { MailKind } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { confirm, consume, consumeFor, limitLocks } from '@/model/limits/rate-limits'
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
    { locks: limitLocks(deps, 'mail-request', source), durable: false },
  )

/**
 * Counts a mail that a form asks for. If it returns false, write no mail, but give the same response. All addresses count
 * alike, and notifications do not count: a limit that is reached sooner would reveal an account.
 */
export const consumeMailRecipient = (deps: Deps, canonicalEmail: string) =>
  consumeFor(deps, 'mail-recipient', canonicalEmail)

const REPEAT_WINDOW = minutes(10)

type Mail = Pick<Schema['mails'], 'due_at' | 'dedupe_key'>

/**
 * When the next mail of this kind may leave: an attacker who repeats an action must not fill the mailbox. The first mail
 * leaves at once. Counts rows of the outbox, which stay longer than the windows.
 */
export async function findNotificationTime(deps: Deps, user: Pick<User, 'id'>, kind: MailKind, dedupeKey: string) {
  const limits = [{ max: 1, window: REPEAT_WINDOW }, ...deps.config.limits.notification]
  const mails = await listRecent(deps, user, kind)
  return freeAt(
    deps,
    limits,
    mails.filter(({ dedupe_key }) => dedupe_key?.startsWith(dedupeKey)),
  )
}

/** Later than now if the user got too many mails of this kind. No window of `limits` is above a day. */
export const findNextMailTime = async (
  deps: Deps,
  user: Pick<User, 'id'>,
  kind: MailKind,
  limits = deps.config.limits.notification,
) => freeAt(deps, limits, await listRecent(deps, user, kind))

/** `mails` are the newest first, and those of a day. */
const freeAt = ({ now }: Deps, limits: Deps['config']['limits']['notification'], mails: Mail[]) =>
  Math.max(now(), ...limits.map(({ max, window }) => (mails[max - 1]?.due_at ?? -window) + window))

const listRecent = ({ db, now }: Deps, { id }: Pick<User, 'id'>, kind: MailKind): Promise<Mail[]> =>
  db
    .selectFrom('mails')
    .select(['due_at', 'dedupe_key'])
    .where('user_id', '=', id)
    .where('kind', '=', kind)
    .where('due_at', '>', now() - days(1))
    .orderBy('due_at', 'desc')
    .orderBy('id')
    .execute()

/** For the mail job: a form could make the site write to many addresses without an account. */
export const consumeUnknownRecipient = (deps: Deps) => consumeFor(deps, 'mail-unknown-recipient', 'site')
