import type { Deps } from '@/deps/deps'
import { accountLock, accountLocks, secondFactorLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { days } from '@/lib/duration'
import {
  completeFactorReset,
  confirmFactorReset,
  findFactorReset,
  insertFactorReset,
  insertRequest,
} from '@/model/factor-resets/factor-resets'
import { isTwoStepOn } from '@/model/factors/assurance'
import { confirm, consume, findRetryAfter, limitLocks } from '@/model/limits/rate-limits'
import { clientDetails } from '@/model/mails/client-details'
import { isWaiting } from '@/model/mails/mail-conditions'
import { countUsed } from '@/model/mails/mail-counts'
import { findNextMailTime } from '@/model/mails/mail-limits'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn } from '@/model/mails/request-mail'
import { findPreviousAddress } from '@/model/notifications/notifications'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  findTokenOwner,
  revokeAllOneTimeTokensOf,
} from '@/model/one-time-tokens/one-time-tokens'
import type { PendingLogin } from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import { cancelFactorReset } from './cancel-factor-reset'
import { resetFactors } from './reset-factors'

type LostLogin = { user: User } & Pick<PendingLogin, 'first_factor'> & Partial<Pick<PendingLogin, 'keeps_account'>>

/** The offer of the page for lost factors. Other roles than `user` can do more harm, so a person decides. */
export type LostFactors =
  | { kind: 'offered' }
  /** The login began with a mailed code. The link proves the mailbox, so another factor must come first. */
  | { kind: 'password-needed' }
  | { kind: 'admin' }
  | { kind: 'site-admin' }
  | { kind: 'waiting'; dueAt: number }
  | { kind: 'due' }

export async function findLostFactors(deps: Deps, login: LostLogin): Promise<LostFactors> {
  const { user, first_factor, keeps_account } = login
  if (!isOffered(deps) || keeps_account === 1) return { kind: 'site-admin' }
  if (user.role !== 'user') return { kind: 'admin' }
  const reset = await findFactorReset(deps, user)
  if (reset === undefined || reset.state === 'requested')
    return { kind: first_factor === 'password' ? 'offered' : 'password-needed' }
  return reset.state === 'due' ? { kind: 'due' } : { kind: 'waiting', dueAt: reset.dueAt }
}

const isOffered = (deps: Deps) => isMailOn(deps) && deps.config.factorReset > 0

/** `hasLink`: the links of earlier mails work. */
export type LimitedRequest = RateLimited & { hasLink?: boolean }
type RequestedReset = { kind: 'requested' } | { kind: 'impossible' } | LimitedRequest

/**
 * For a user who proved the password. The link in the mail proves the mailbox, and then the waiting period starts. An attacker
 * may know the password, so a request only limits further mails: it ends no earlier link, and is no start of the month.
 */
export function requestFactorReset(deps: Deps, login: LostLogin, client: Client): Promise<RequestedReset> {
  const { user } = login
  const request = async (deps: Deps): Promise<RequestedReset> => {
    if ((await findLostFactors(deps, login)).kind !== 'offered') return { kind: 'impossible' }
    const limited = await findRetryAfter(deps, 'factor-reset', user.id)
    if (limited) return limited
    const limits = deps.config.limits['factor-reset-mail']
    const retryAfterMs = (await findNextMailTime(deps, user, 'factor-reset-requested', limits)) - deps.now()
    if (retryAfterMs > 0) return { kind: 'rate-limited', by: 'account', retryAfterMs, hasLink: true }
    await insertRequest(deps, user)
    await recordEvent(deps, { kind: 'factor-reset-requested', userId: user.id }, client)
    const details = { ...clientDetails(client), wait: deps.config.factorReset }
    await enqueueMail(deps, { ...addressedTo(user), kind: 'factor-reset-requested', details })
    return { kind: 'requested' }
  }
  return inTransaction(deps, request, { locks: [accountLock(user.id)] })
}

const addressedTo = (user: Pick<User, 'id' | 'email' | 'password_version'>) => ({
  recipient: canonicalEmail(user.email) ?? '',
  user,
})

export type ResetLink = { purpose: 'factor-reset-confirm' | 'factor-reset-finish'; user: User }

/** For the page of both links: changes nothing. */
export async function findResetLink(deps: Deps, token?: string): Promise<ResetLink | undefined> {
  if (!isOffered(deps)) return undefined
  for (const purpose of ['factor-reset-confirm', 'factor-reset-finish'] as const) {
    const found = await findOneTimeToken(deps, purpose, token)
    const user = found?.user_id ? await findUser(deps, found.user_id) : undefined
    if (user) return { purpose, user }
  }
  return undefined
}

type LinkUse = { token: string | undefined; client: Client }

/** Consumes the link. Belongs in a transaction. */
async function consumeLink(deps: Deps, purpose: ResetLink['purpose'], token: string | undefined) {
  const consumed = isOffered(deps) ? await consumeOneTimeToken(deps, purpose, token) : undefined
  const user = consumed?.user_id ? await findUser(deps, consumed.user_id) : undefined
  if (!user || !consumed?.factor_reset_id) return undefined
  await countUsed(deps, purpose)
  return { user, id: consumed.factor_reset_id }
}

/** Returns false without a valid link. */
export async function startWaiting(deps: Deps, { token, client }: LinkUse) {
  const owner = await findTokenOwner(deps, 'factor-reset-confirm', token)
  const start = async (deps: Deps) => {
    const used = await consumeLink(deps, 'factor-reset-confirm', token)
    const dueAt = deps.now() + deps.config.factorReset
    if (!used || !(await confirmFactorReset(deps, used.id, dueAt))) return false
    const hit = await consume(deps, 'factor-reset', used.user.id)
    if (hit.kind === 'hit') await confirm(deps, hit.id) // a request is refused first
    await announce(deps, used.user, dueAt, client)
    return true
  }
  const locks = owner ? [...limitLocks(deps, 'factor-reset', owner.id), accountLock(owner.id)] : []
  return inTransaction(deps, start, { locks })
}

/**
 * For a new password after `This wasn’t me`, when all factors are newer than the reported event: the mailbox is proved, and
 * the account had no factor then. `user` has the new password. Belongs in the transaction of the new password.
 */
export async function startConfirmedReset(deps: Deps, user: User, client: Client) {
  const dueAt = deps.now() + deps.config.factorReset
  if (await insertFactorReset(deps, user, dueAt)) await announce(deps, user, dueAt, client)
}

/** All mails are written now. The mail job drops those of a cancelled reset. */
async function announce(deps: Deps, user: User, dueAt: number, client: Client) {
  await recordEvent(deps, { kind: 'factor-reset-confirmed', userId: user.id, dueAt }, client)
  const details = { ...clientDetails(client), until: dueAt }
  const previous = await findPreviousAddress(deps, user)
  for (const owner of [{}, ...(previous ? [previous] : [])])
    for (let at = deps.now(); at < dueAt; at += days(1))
      await enqueueMail(deps, { ...addressedTo(user), ...owner, kind: 'factor-reset-waiting', details, dueAt: at })
  await enqueueMail(deps, { ...addressedTo(user), kind: 'factor-reset-due', details: { until: dueAt }, dueAt })
}

/** Removes all second factors. Returns false without a valid link, and before the end of the waiting period. */
export async function finishReset(deps: Deps, { token, client }: LinkUse) {
  const owner = await findTokenOwner(deps, 'factor-reset-finish', token)
  const finish = async (deps: Deps) => {
    const used = await consumeLink(deps, 'factor-reset-finish', token)
    if (!used || !(await completeFactorReset(deps, used.id, used.user))) return false
    await revokeAllOneTimeTokensOf(deps, used.user, 'secure-account')
    await resetFactors(deps, used.user, 'delayed', client)
    return true
  }
  return inTransaction(deps, finish, { locks: owner ? [secondFactorLock(owner.id), accountLock(owner.id)] : [] })
}

/** By either link. Returns false without a valid one. */
export async function cancelByLink(deps: Deps, { token, client }: LinkUse) {
  const found = await findResetLink(deps, token)
  const cancel = async (deps: Deps) => {
    const used =
      (await consumeLink(deps, 'factor-reset-confirm', token)) ??
      (await consumeLink(deps, 'factor-reset-finish', token))
    return used !== undefined && cancelFactorReset(deps, used.user, used.user.id, client)
  }
  return inTransaction(deps, cancel, { locks: accountLocks(found?.user.id) })
}

/** For the second step: whether the user got a link to finish instead. */
export const isResetDue = async (deps: Deps, user: User) => (await findOwnReset(deps, user))?.state === 'due'

/** Undefined for a reset that cannot be finished by now. */
const findOwnReset = async (deps: Deps, user: User) =>
  isOffered(deps) && user.role === 'user' ? findFactorReset(deps, user) : undefined

/** For the alert on every page. Costs no query without two-step verification. */
export async function findRemovalTime(deps: Deps, user: User) {
  if (!isTwoStepOn(user)) return undefined
  const reset = await findOwnReset(deps, user)
  return reset === undefined || reset.state === 'requested' ? undefined : reset.dueAt
}

/**
 * For a right password after the waiting period: sends a new link, if none works any more and none is on its way. Belongs in
 * the transaction of the pending login.
 */
export async function remindOfDueReset(deps: Deps, user: User) {
  const reset = await findOwnReset(deps, user)
  if (reset?.state !== 'due' || (await hasLink(deps, user)) || (await hasWaitingMail(deps, user))) return
  await enqueueMail(deps, { ...addressedTo(user), kind: 'factor-reset-due', details: { until: reset.dueAt } })
}

/** To the present address: a link to another one is dead. */
const hasLink = async ({ db, now }: Deps, user: User) => {
  const links = db.selectFrom('one_time_tokens').select('id').where('user_id', '=', user.id)
  const link = links
    .where('purpose', '=', 'factor-reset-finish')
    .where('canonical_email', '=', addressedTo(user).recipient)
    .where('expires_at', '>', now())
  return (await link.executeTakeFirst()) !== undefined
}

const hasWaitingMail = async ({ db }: Deps, user: User) => {
  const mails = db.selectFrom('mails').select('id').where('user_id', '=', user.id)
  const waiting = mails
    .where('kind', '=', 'factor-reset-due')
    .where('recipient', '=', addressedTo(user).recipient)
    .where(isWaiting)
  return (await waiting.executeTakeFirst()) !== undefined
}
