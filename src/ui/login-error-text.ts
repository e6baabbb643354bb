import { inWords, minutes, seconds } from '@/lib/duration'
import type { FailedTry } from '@/model/types'

/** The same for known and unknown email addresses. */
export function sentenceOf(failed: FailedTry, wrong = 'Please check your login details and try again.') {
  if (failed.kind === 'wrong') return wrong
  if (failed.isShut)
    return 'Too many tries. This account opens only in a browser that it was used in before; an administrator can give it a new password.'
  return `Too many tries. Wait ${howLong(failed.ms)}, then try again.`
}

/** Rounded up, to whole minutes above two minutes. */
function howLong(ms: number) {
  const unit = ms > minutes(2) ? minutes(1) : seconds(1)
  return inWords(Math.ceil(ms / unit) * unit)
}
