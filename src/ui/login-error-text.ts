import { formatDuration, minutes, seconds } from '@/lib/duration'
import type { AuthFailure } from '@/model/types'

/** The same for known and unknown email addresses. */
export function loginErrorText(failure: AuthFailure, wrong = 'Please check your login details and try again.') {
  if (failure.kind === 'invalid') return wrong
  if (failure.isLocked)
    return 'Too many failed attempts. Log in from a browser that you have used before, or ask an administrator to reset your password.'
  return `Too many attempts. Wait ${waitInWords(failure.retryAfterMs)}, then try again.`
}

/** Rounded up, to whole minutes above two minutes. */
export function waitInWords(ms: number) {
  const unit = ms > minutes(2) ? minutes(1) : seconds(1)
  return formatDuration(Math.ceil(ms / unit) * unit)
}
