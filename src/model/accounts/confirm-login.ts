import type { Deps } from '@/deps/deps'
import { accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { countUsed } from '@/model/mails/mail-counts'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  findTokenOwner,
  type TokenProof,
} from '@/model/one-time-tokens/one-time-tokens'
import type { Client, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import { markVerified, type LoginProof, type StoredProof } from './verify-email'

/** `login`: undefined if the password or the factors changed since the login, so the user must log in again. */
export type ConfirmedLogin = { user: User; login?: LoginProof & { provedAt: number } }

/** For the page of the link: the user, if the link works and this browser asked for it by a login. */
export async function findConfirmableLogin(deps: Deps, flow: string | undefined, token: string | undefined) {
  const found = await findOneTimeToken(deps, 'verify-email', token)
  const isOfThisBrowser = flow !== undefined && found?.flow_hash === sha256(flow)
  return isOfThisBrowser && found.user_id !== null ? findUser(deps, found.user_id) : undefined
}

/**
 * Confirms the address of a user who proved the account in this browser. `proof` is the token of the link, or the id of the
 * token whose code was entered.
 */
export async function confirmLogin(deps: Deps, flow: string, proof: TokenProof, client: Client) {
  const owner = await findTokenOwner(deps, 'verify-email', proof)
  const confirm = async (deps: Deps): Promise<ConfirmedLogin | undefined> => {
    if (typeof proof === 'string' && !(await findConfirmableLogin(deps, flow, proof))) return undefined
    const consumed = await consumeOneTimeToken(deps, 'verify-email', proof)
    if (!consumed?.user_id) return undefined
    await countUsed(deps, 'verify-email')
    await markVerified(deps, { id: consumed.user_id }, consumed.user_id, client)
    const user = await findUser(deps, consumed.user_id)
    const request = await findRequest(deps, flow, consumed.user_id)
    if (!user || !request) return undefined
    const { factorsVersion, ...proved }: StoredProof = JSON.parse(request.login)
    const isUnchanged = request.password_version === user.password_version && factorsVersion === user.factors_version
    return { user, login: isUnchanged ? { ...proved, provedAt: request.created_at } : undefined }
  }
  return inTransaction(deps, confirm, { locks: accountLocks(owner?.id) })
}

/** The newest login of this browser. A mail that is sent again proves nothing. */
const findRequest = ({ db }: Deps, flow: string, user_id: string) =>
  db
    .selectFrom('mails')
    .select(['created_at', 'password_version', 'login'])
    .where('flow_hash', '=', sha256(flow))
    .where('kind', '=', 'verify-email')
    .where('user_id', '=', user_id)
    .where('login', 'is not', null)
    .$narrowType<{ login: string }>()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
