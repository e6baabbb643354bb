import type { MailKind } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import { minutes } from '@/lib/duration'

/** How long a mail belongs to the process that claimed it. */
export const LEASE_DURATION = minutes(2)

export type Row = ExpressionBuilder<Schema, 'mails'>

/** As the index `mails_due` needs it. */
export const isWaiting = ({ eb, and }: Row) => and([eb('sent_at', 'is', null), eb('failed_at', 'is', null)])

/** These wait for their date on purpose. */
const SCHEDULED: readonly MailKind[] = ['factor-reset-waiting', 'factor-reset-due']

export const isUnscheduled = ({ eb, or }: Row) => or([eb('kind', 'not in', SCHEDULED), eb('attempt_count', '>', 0)])

/** A lease that ends later was written while the clock was wrong. */
export const isUnleased =
  (at: number) =>
  ({ eb, or }: Row) =>
    or([eb('lease_expires_at', '<=', at), eb('lease_expires_at', '>', at + LEASE_DURATION)])
