import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { confirm, consume, consumeFor } from '@/model/limits/rate-limits'
import type { RateLimited } from '@/model/types'

/** Counts a form that asks for a mail. */
export const consumeMailRequest = (deps: Deps, source: string): Promise<RateLimited | undefined> =>
  inTransaction(
    deps,
    async (deps) => {
      const hit = await consume(deps, 'mail-request', source)
      if (hit.kind === 'rate-limited') return hit
      await confirm(deps, hit.id)
    },
    { durable: false },
  )

/**
 * Counts a mail that a form asks for. If it returns false, write no mail, but give the same response. All addresses count
 * alike, and notifications do not count: a limit that is reached sooner would reveal an account.
 */
export const consumeMailRecipient = (deps: Deps, canonicalEmail: string) =>
  consumeFor(deps, 'mail-recipient', canonicalEmail)

/** For the mail job: a form could make the site write to many addresses without an account. */
export const consumeUnknownRecipient = (deps: Deps) => consumeFor(deps, 'mail-unknown-recipient', 'site')
