import type { FailedTry } from '@/model/types'

/** Status and headers of a page whose form somebody tried a password in, and was not let in by it. */
export function statusOf(failed: FailedTry | undefined): [status: number, headers: Record<string, string>] {
  if (!failed) return [200, {}]
  return failed.kind === 'wrong' ? [422, {}] : [429, retryAfter(failed.ms)]
}

/** In whole seconds (RFC 9110, section 10.2.3), and never too early. */
const retryAfter = (ms: number) => ({ 'retry-after': `${Math.ceil(ms / 1000)}` })
