import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, Session, User } from '@/model/types'
import { changeFactors } from './change-factors'

/** Every browser asks for the second step again. */
export const revokeTrustedBrowsers = (deps: Deps, user: Pick<User, 'id'>, session: Session, client: Client) =>
  inTransaction(deps, async (deps) => {
    await changeFactors(deps, user, 'trust-revoked', { session })
    await recordEvent(deps, { kind: 'trusted-browsers-revoked', userId: user.id }, client)
  })
