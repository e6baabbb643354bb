import { formatDuration, minutes, seconds } from '@/lib/duration'
import type { AuthFailure } from '@/model/types'

/** The same for known and unknown email addresses. */
export function loginErrorText(failure: AuthFailure, wrong = 'Please check your login details and try again.') {
  if (failure.kind === 'invalid') return wrong
  if (failure.isLocked)
    return 'Too many tries. This account opens only in a browser that it was used in before; an administrator can give it a new password.'
  return `Too many tries. Wait ${waitInWords(failure.ms)}, then try again.`
}

/** Rounded up, to whole minutes above two minutes. */
function waitInWords(ms: number) {
  const unit = ms > minutes(2) ? minutes(1) : seconds(1)
  return formatDuration(Math.ceil(ms / unit) * unit)
}
