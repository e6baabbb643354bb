import type { LinkPurpose } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { confirm, consume, refund } from '@/model/limits/rate-limits'
import { hashPassword, verifyHash } from '@/model/passwords/hash'
import type { Client, RateLimited } from '@/model/types'

const DIGITS = 8
const MAX_ATTEMPTS = 5
/** The link in the same mail works longer. */
const CODE_LIFETIME = minutes(30)

/** `text` goes into the mail, `hash` into the database. */
export type Code = { text: string; hash: string }

/** 8 random digits. Hashing takes 44 ms, so this belongs before a transaction. */
export async function createCode(deps: Deps): Promise<Code> {
  const text = randomDigits(deps)
  return { text, hash: await hashPassword(deps, text) }
}

/** Of 32 random bits, values above the last multiple of 10^8 are discarded: otherwise some codes would be more likely. */
function randomDigits({ random }: Deps) {
  const range = 10 ** DIGITS
  const max = Math.floor(2 ** 32 / range) * range
  for (;;) {
    const value = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0)
    if (value < max) return `${value % range}`.padStart(DIGITS, '0')
  }
}

export type CodeCheck =
  /** The code is right. `consumeOneTimeToken` with the id uses it. */
  | { kind: 'ok'; id: string }
  | { kind: 'wrong' }
  /** Five codes were wrong. Also for the right code afterwards. */
  | { kind: 'exhausted' }
  | RateLimited

/**
 * Checks the code of the newest mail that this browser asked for. The attempt counts before the hash, so that of parallel
 * attempts five are checked. Every check costs one hash, also without a mail: time must not reveal who has an account.
 */
export async function verifyCode(
  deps: Deps,
  purpose: LinkPurpose,
  flow: string | undefined,
  text: string,
  { source = '' }: Client,
): Promise<CodeCheck> {
  const hit = await consume(deps, 'code-attempt', source)
  if (hit.kind === 'rate-limited') return hit
  const check = await checkCode(deps, purpose, flow, text, source).catch(async (error: unknown) => {
    await refund(deps, hit.id)
    throw error
  })
  await (check.kind === 'ok' ? refund : confirm)(deps, hit.id)
  return check
}

async function checkCode(
  deps: Deps,
  purpose: LinkPurpose,
  flow: string | undefined,
  text: string,
  source: string,
): Promise<Exclude<CodeCheck, RateLimited>> {
  const attempt = await countAttempt(deps, purpose, flow)
  if (attempt.kind === 'exhausted') return attempt
  const isRight = await verifyHash(deps, digitsOf(text), { hash: attempt.token?.code_hash ?? null }, source)
  if (isRight && attempt.token) return { kind: 'ok', id: attempt.token.id }
  return attempt.token?.attempt_count === MAX_ATTEMPTS ? { kind: 'exhausted' } : { kind: 'wrong' }
}

/** Mails show the code as `1234 5678`, and users type it with a dash. */
const digitsOf = (text: string) => text.slice(0, 4 * DIGITS).replace(/[\s-]/g, '')

type Counted = { id: string; code_hash: string | null; attempt_count: number }

const countAttempt = (
  deps: Deps,
  purpose: LinkPurpose,
  flow = '',
): Promise<{ kind: 'exhausted' } | { kind: 'counted'; token?: Counted }> =>
  inTransaction(
    deps,
    async ({ db, now }) => {
      const newest = await db
        .selectFrom('one_time_tokens')
        .select(['id', 'attempt_count'])
        .where('flow_hash', '=', sha256(flow))
        .where('purpose', '=', purpose)
        .where('code_hash', 'is not', null)
        .where('created_at', '>', now() - CODE_LIFETIME)
        .where('expires_at', '>', now())
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      if (!newest) return { kind: 'counted' }
      const token = await db
        .updateTable('one_time_tokens')
        .set(({ eb }) => ({ attempt_count: eb('attempt_count', '+', 1) }))
        .where('id', '=', newest.id)
        .where('attempt_count', '<', MAX_ATTEMPTS)
        .returning(['id', 'code_hash', 'attempt_count'])
        .executeTakeFirst()
      return token ? { kind: 'counted', token } : { kind: 'exhausted' }
    },
    { locks: [], durable: false }, // the update decides
  )
