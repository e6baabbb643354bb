import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { confirm, consume, refund } from '@/model/limits/rate-limits'
import type { RateLimited } from '@/model/types'

/** Counts the attempt before the check and refunds it if the check succeeds, so that parallel attempts are counted too. */
export async function withLimit<Result extends { kind: string }>(
  deps: Deps,
  limitName: 'passkey' | 'new-factor',
  source: string,
  check: () => Promise<Result>,
): Promise<Result | RateLimited> {
  const hit = await consume(deps, limitName, source)
  if (hit.kind === 'rate-limited') return hit
  const result = await check().catch(async (error: unknown) => {
    await refund(deps, hit.id)
    throw error
  })
  await writeBestEffort<unknown>(deps, () => (result.kind === 'ok' ? refund(deps, hit.id) : confirm(deps, hit.id)))
  return result
}
