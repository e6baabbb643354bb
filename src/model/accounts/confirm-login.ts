import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { countUsed } from '@/model/mails/mail-counts'
import { consumeOneTimeToken, findOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import type { Client, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import { markVerified } from './verify-email'

/** `typedAt`: when the user typed the password. Undefined if it was changed since then, so the user must type it again. */
export type ConfirmedLogin = { user: User; typedAt?: number }

/** For the page of the link: the user, if the link works and this browser asked for it by a login. */
export async function findConfirmableLogin(deps: Deps, flow: string | undefined, token: string | undefined) {
  const found = await findOneTimeToken(deps, 'verify-email', token)
  const isOfThisBrowser = flow !== undefined && found?.flow_hash === sha256(flow)
  return isOfThisBrowser && found.user_id !== null ? findUser(deps, found.user_id) : undefined
}

/**
 * Confirms the address of a user who typed the password in this browser. `proof` is the token of the link, or the id of the
 * token whose code was entered.
 */
export const confirmLogin = (deps: Deps, flow: string, proof: string | { id: string }, client: Client) =>
  inTransaction(deps, async (deps): Promise<ConfirmedLogin | undefined> => {
    if (typeof proof === 'string' && !(await findConfirmableLogin(deps, flow, proof))) return undefined
    const consumed = await consumeOneTimeToken(deps, 'verify-email', proof)
    if (!consumed?.user_id) return undefined
    await countUsed(deps, 'verify-email')
    await markVerified(deps, { id: consumed.user_id }, consumed.user_id, client)
    const user = await findUser(deps, consumed.user_id)
    const request = await findRequest(deps, flow, consumed.user_id)
    if (!user || !request) return undefined
    return { user, typedAt: request.password_version === user.password_version ? request.created_at : undefined }
  })

/** The first mail of this browser, which a login requested. A mail that is sent again proves no password. */
const findRequest = ({ db }: Deps, flow: string, user_id: string) =>
  db
    .selectFrom('mails')
    .select(['created_at', 'password_version'])
    .where('flow_hash', '=', sha256(flow))
    .where('kind', '=', 'verify-email')
    .where('user_id', '=', user_id)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst()
