import type { Deps } from '@/deps/deps'
import { days, hours, minutes } from '@/lib/duration'
import type { ClaimedMail } from './claim-mails'
import { isWaiting, isUnscheduled } from './mail-conditions'

const RETRY_AFTER = [minutes(1), minutes(5), minutes(15), minutes(30), hours(1)]
/** The recipient may have a copy of each attempt: at most eight on the first day. */
const RETRY_UNANSWERED_AFTER = [...RETRY_AFTER, hours(12)]

/** The delays differ by up to 10 %, so that mails that failed together do not return together. */
export function retryDelay(
  { random }: Deps,
  { attempt_count }: ClaimedMail,
  { isUnanswered }: { isUnanswered: boolean },
) {
  const delays = isUnanswered ? RETRY_UNANSWERED_AFTER : RETRY_AFTER
  const delay = delays[attempt_count - 1] ?? delays.at(-1) ?? 0
  return Math.round(delay * (0.9 + (0.2 * (random(1)[0] ?? 0)) / 255))
}

/** No retry waits for a day. A mail that is due later was written while the clock was wrong. Called once a minute. */
export const rescheduleMails = ({ db, now }: Deps) =>
  db
    .updateTable('mails')
    .set({ due_at: now() })
    .where(isWaiting)
    .where(isUnscheduled)
    .where('due_at', '>', now() + days(1))
    .execute()
