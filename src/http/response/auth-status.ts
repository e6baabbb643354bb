import { days } from '@/lib/duration'
import type { AuthFailure } from '@/model/types'
import type { CodeFailure, PasskeyFailure } from '@/ui/second-factor-text'

/** Status and headers for a page with a failed login attempt. */
export function authStatus(failed: AuthFailure | undefined): [status: number, headers: Record<string, string>] {
  if (!failed) return [200, {}]
  return failed.kind === 'invalid' ? [422, {}] : [429, retryAfterHeader(failed.retryAfterMs)]
}

const LOCKED_RETRY_AFTER = days(1) // for programs; waiting does not enable codes

/** Status and headers for a page with a refused second factor. */
export function codeStatus(
  failure: CodeFailure | PasskeyFailure | undefined,
): [status: number, headers: Record<string, string>] {
  if (!failure) return [200, {}]
  if (failure.kind === 'rate-limited') return authStatus(failure)
  return failure.kind === 'locked' ? [429, retryAfterHeader(LOCKED_RETRY_AFTER)] : [422, {}]
}

/** Whole seconds (RFC 9110, section 10.2.3), rounded up. */
const retryAfterHeader = (ms: number) => ({ 'retry-after': `${Math.ceil(ms / 1000)}` })
