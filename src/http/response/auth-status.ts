import type { AuthFailure } from '@/model/types'

/** Status and headers for a page with a failed login attempt. */
export function authStatus(failed: AuthFailure | undefined): [status: number, headers: Record<string, string>] {
  if (!failed) return [200, {}]
  return failed.kind === 'invalid' ? [422, {}] : [429, retryAfterHeader(failed.retryAfterMs)]
}

/** Whole seconds (RFC 9110, section 10.2.3), rounded up. */
const retryAfterHeader = (ms: number) => ({ 'retry-after': `${Math.ceil(ms / 1000)}` })
