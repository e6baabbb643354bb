import { formatDuration, minutes, seconds } from '@/lib/duration'
import type { AuthFailure, RateLimited } from '@/model/types'

/** The same for every reason. */
export const PASSKEY_FAILED_TEXT = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'

export const PASSKEY_TAKEN_TEXT = 'This passkey is already registered.'

/** Before the link to the reset. */
export const LOCKED_TEXT = 'Too many failed attempts. Log in from a browser you have used before, or '
export const RESET_TEXT = 'reset your password'

type Options = {
  wrong?: string
  /** While mail is on, a reset unlocks the account. */
  canReset?: boolean
}

/** The same for known and unknown email addresses. */
export function loginErrorText(
  failure: AuthFailure,
  { wrong = 'Please check your login details and try again.', canReset = false }: Options = {},
) {
  if (failure.kind === 'invalid') return wrong
  if (failure.isLocked && canReset) return `${LOCKED_TEXT}${RESET_TEXT}.`
  if (failure.isLocked)
    return 'Too many failed attempts. Log in from a browser that you have used before, or ask an administrator to reset your password.'
  return `Too many attempts. Wait ${waitInWords(failure.retryAfterMs)}, then try again.`
}

export const mailLimitText = ({ retryAfterMs }: RateLimited) =>
  `You’ve asked for too many emails. Try again in ${waitInWords(retryAfterMs)}.`

/** Rounded up, to whole minutes above two minutes. */
export function waitInWords(ms: number) {
  const unit = ms > minutes(2) ? minutes(1) : seconds(1)
  return formatDuration(Math.ceil(ms / unit) * unit)
}
