import type { AuthFailure } from '@/model/types'

/** Status and headers of a page whose form somebody tried a password in, and was not let in by it. */
export function authStatus(failed: AuthFailure | undefined): [status: number, headers: Record<string, string>] {
  if (!failed) return [200, {}]
  return failed.kind === 'invalid' ? [422, {}] : [429, retryAfterHeader(failed.retryAfterMs)]
}

/** In whole seconds (RFC 9110, section 10.2.3), and never too early. */
const retryAfterHeader = (ms: number) => ({ 'retry-after': `${Math.ceil(ms / 1000)}` })
