import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { findPendingSignupOf, type PendingSignup } from './pending-sign-up'

/** `verify-email`: after a login with an unverified address. Without a user, too many mails went there to write another. */
export type ExpectedCode = { kind: 'sign-up'; pending: PendingSignup } | { kind: 'verify-email'; userId?: string }

/** As the `flow` cookie. */
const EXPECTED_FOR = days(1)

/** The code that the browser with this flow waits for. The same for an address with and without an account. */
export async function findExpectedSignUp(deps: Deps, flow: string): Promise<ExpectedCode | undefined> {
  const pending = await findPendingSignupOf(deps, flow)
  return pending && { kind: 'sign-up', pending }
}

/** For the flow of a login. */
export async function findExpectedLogin({ db, now }: Deps, flow: string): Promise<ExpectedCode> {
  const mail = await db
    .selectFrom('mails')
    .select('user_id')
    .where('flow_hash', '=', sha256(flow))
    .where('kind', '=', 'verify-email')
    .where('created_at', '>', now() - EXPECTED_FOR)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return { kind: 'verify-email', userId: mail?.user_id ?? undefined }
}
