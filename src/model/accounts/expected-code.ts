import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { findPendingSignupOf, type PendingSignup } from './pending-sign-up'

/** `verify-email`: after a login with an unverified address. */
export type ExpectedCode = { kind: 'sign-up'; pending: PendingSignup } | { kind: 'verify-email'; userId: string }

/** As the `flow` cookie. */
const EXPECTED_FOR = days(1)

/** What the browser with this flow waits for on its code page. The same for an address with and without an account. */
export async function findExpectedCode(deps: Deps, flow: string): Promise<ExpectedCode | undefined> {
  const pending = await findPendingSignupOf(deps, flow)
  if (pending) return { kind: 'sign-up', pending }
  const mail = await deps.db
    .selectFrom('mails')
    .select('user_id')
    .where('flow_hash', '=', sha256(flow))
    .where('kind', '=', 'verify-email')
    .where('user_id', 'is not', null)
    .where('created_at', '>', deps.now() - EXPECTED_FOR)
    .$narrowType<{ user_id: string }>()
    .limit(1)
    .executeTakeFirst()
  return mail && { kind: 'verify-email', userId: mail.user_id }
}
