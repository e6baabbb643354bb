import type { Deps } from '@/deps/deps'
import { inTransaction, writeBestEffort } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { minutes } from '@/lib/duration'
import type { Client, User, RateLimited } from '@/model/types'
import { confirm, refund, consume } from '@/model/limits/rate-limits'
import { consumeMailRecipient } from '@/model/mails/mail-limits'
import { enqueueMail } from '@/model/mails/mails'
import { insertSignUpPasskey, type SignUpMethod } from '@/model/passkeys/add'
import { isRegistered } from '@/model/passkeys/passkeys'
import { hashPassword, verifyHash } from '@/model/passwords/hash'
import { userColumns } from '@/model/users/columns'
import { canonicalEmail } from '@/lib/email-address'
import { insertUser, newUserLocks } from '@/model/users/users'

type SignUpInput = { email: string; name: string } & SignUpMethod
type SignUpResult = { kind: 'created'; user: User } | { kind: 'taken' } | { kind: 'passkey-taken' } | RateLimited

/** For this time, a repeated sign-up gets the response of the first one. */
const REPEAT_WINDOW = minutes(1)

/** `new-account` limits new accounts; `signup` limits responses that reveal a taken email address. */
export async function signUp(deps: Deps, input: SignUpInput, client: Client): Promise<SignUpResult> {
  const hit = await consume(deps, 'signup', client.source ?? '')
  if (hit.kind === 'rate-limited') return hit
  const result = await createOnce(deps, input, client).catch(async (error: unknown) => {
    await refund(deps, hit.id)
    throw error
  })
  await settle(deps, hit.id, result.kind === 'taken')
  return result
}

async function createOnce(deps: Deps, input: SignUpInput, client: Client): Promise<SignUpResult> {
  const earlier = 'password' in input ? await compareWithNewAccount(deps, input, client) : undefined
  if (earlier) return earlier
  const hit = await consume(deps, 'new-account', client.source ?? '')
  if (hit.kind === 'rate-limited') return hit
  const created = await createAccount(deps, input, client, hit.id).catch(async (error: unknown) => {
    await refund(deps, hit.id)
    throw error
  })
  await settle(deps, hit.id, created.kind === 'created')
  if (created.kind !== 'taken' || 'passkey' in input) return created
  return (await compareWithNewAccount(deps, input, client)) ?? created // a concurrent request may have created it
}

/** With the mail that asks to confirm the address, so that neither exists alone. */
async function createAccount(deps: Deps, input: SignUpInput, client: Client, id: string): Promise<SignUpResult> {
  const { email, name } = input
  const password_hash = 'password' in input ? await hashPassword(deps, input.password, client.source) : null
  return inTransaction(
    deps,
    async (deps) => {
      if ('passkey' in input && (await isRegistered(deps, input.passkey.passkey.credential_id)))
        return { kind: 'passkey-taken' }
      const user = await insertUser(deps, { email, name, password_hash }, 'user', { client, id })
      if (!user) return { kind: 'taken' }
      if ('passkey' in input) await insertSignUpPasskey(deps, user, input.passkey)
      if (deps.config.emailVerification === 'optional') await requestVerification(deps, user)
      return { kind: 'created', user }
    },
    { locks: newUserLocks({ id, email }) },
  )
}

/** Without a flow: the user logs in first, so the mail has a link that asks for the password. */
async function requestVerification(deps: Deps, user: User) {
  const recipient = canonicalEmail(user.email) ?? ''
  if (await consumeMailRecipient(deps, recipient)) await enqueueMail(deps, { kind: 'verify-email', recipient, user })
}

/** Best effort: the account is already created or rejected. */
const settle = (deps: Deps, hitId: string, counts: boolean) =>
  writeBestEffort<unknown>(deps, () => (counts ? confirm(deps, hitId) : refund(deps, hitId)))

/**
 * A double click without scripts sends the form twice, and the browser shows the second response. The same password within
 * a minute from the same source is the same user. Verifying costs one hash, like the hash of a new account.
 */
async function compareWithNewAccount(
  deps: Deps,
  { email, password }: { email: string; password: string },
  { source = '' }: Client,
): Promise<SignUpResult | undefined> {
  const account = await findNewAccount(deps, canonicalEmail(email) ?? '', source)
  if (!account) return undefined
  const { password_hash, ...user } = account
  const isSame = await verifyHash(deps, password, { userId: user.id, hash: password_hash }, source)
  return isSame ? { kind: 'created', user } : { kind: 'taken' }
}

/** The hit of a new account has the id of its user, and so tells the source. */
const findNewAccount = ({ db, now }: Deps, canonical_email: string, source: string) =>
  db
    .selectFrom('users')
    .select(userColumns)
    .select('password_hash')
    .where('canonical_email', '=', canonical_email)
    .where('created_at', '>', now() - REPEAT_WINDOW)
    .where('deactivated_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('rate_limit_hits')
          .select('rate_limit_hits.id')
          .whereRef('rate_limit_hits.id', '=', 'users.id')
          .where('limit_name', '=', 'new-account')
          .where('source_hash', '=', sha256(source)),
      ),
    )
    .executeTakeFirst()
