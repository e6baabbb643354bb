import type { Deps } from '@/deps/deps'
import { emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { parseEmail } from '@/lib/email-address'
import { base64url, sha256 } from '@/lib/encoding'
import { createToken } from '@/lib/random-token'
import { consumeMailRecipient, consumeMailRequest } from '@/model/mails/mail-limits'
import { enqueueMail } from '@/model/mails/mails'
import type { SignUpMethod } from '@/model/passkeys/add'
import { hashPassword } from '@/model/passwords/hash'
import type { Client, RateLimited } from '@/model/types'

// The request of a sign-up with `EMAIL_VERIFICATION=required`. It never reads `users`: the mail job finds out later whether
// the address has an account, so no response and no time reveals it.

type SignUpInput = { email: string; name: string } & SignUpMethod

/** `flow` is the new cookie of this browser. */
type SignUpRequest = { kind: 'requested'; flow: string } | RateLimited

const PENDING_LIFETIME = days(1)

/** A second sign-up in the same browser replaces the first one. The name is in its canonical form. */
export async function requestSignUp(
  deps: Deps,
  input: SignUpInput,
  client: Client,
  previousFlow?: string,
): Promise<SignUpRequest> {
  const parsed = parseEmail(input.email)
  if (parsed.kind === 'invalid') throw new RangeError('requestSignUp: invalid email')
  const limited = await consumeMailRequest(deps, client.source ?? '')
  if (limited) return limited
  const password_hash = 'password' in input ? await hashPassword(deps, input.password, client.source) : null
  const { token: flow, token_hash: flow_hash } = createToken(deps)
  const request = async (deps: Deps) => {
    if (previousFlow !== undefined) await deletePending(deps, previousFlow)
    const created_at = deps.now()
    const pending = {
      id: base64url(deps.random(16)),
      email: parsed.email,
      canonical_email: parsed.canonical,
      name: input.name,
      password_hash,
      passkey: 'passkey' in input ? JSON.stringify(input.passkey) : null,
      flow_hash,
      created_at,
      expires_at: created_at + PENDING_LIFETIME,
    }
    await deps.db.insertInto('pending_signups').values(pending).execute()
    await enqueueSignUpMail(deps, pending)
    deps.emit({ kind: 'sign-up-requested' })
  }
  await inTransaction(deps, request, { locks: [emailLock(parsed.canonical)] })
  return { kind: 'requested', flow }
}

const deletePending = ({ db }: Deps, flow: string) =>
  db.deleteFrom('pending_signups').where('flow_hash', '=', sha256(flow)).execute()

/** Sends the mail again. Too many mails to the address give the same response, and no mail. */
export async function resendSignUpMail(
  deps: Deps,
  pending: Pending,
  { source = '' }: Client,
): Promise<RateLimited | undefined> {
  const limited = await consumeMailRequest(deps, source)
  const locks = [emailLock(pending.canonical_email)]
  if (!limited) await inTransaction(deps, (deps) => enqueueSignUpMail(deps, pending), { locks })
  return limited
}

type Pending = { id: string; canonical_email: string; flow_hash: string }

async function enqueueSignUpMail(deps: Deps, { id: pendingSignupId, canonical_email, flow_hash: flowHash }: Pending) {
  if (await consumeMailRecipient(deps, canonical_email))
    await enqueueMail(deps, { kind: 'sign-up', recipient: canonical_email, flowHash, pendingSignupId })
}
