import type { RateLimited } from '@/model/types'
import { loginErrorText, PASSKEY_FAILED_TEXT } from './login-error-text'

/** Why a code of an authenticator app or a recovery code was refused. */
export type CodeFailure = { kind: 'wrong' } | { kind: 'looks-like-recovery-code' } | { kind: 'locked' } | RateLimited

/** Why a passkey was refused. `isUnknown`: no account has it. */
export type PasskeyFailure = { kind: 'failed'; isUnknown?: boolean } | RateLimited

export const passkeyErrorText = (failure: PasskeyFailure) =>
  failure.kind === 'failed' ? PASSKEY_FAILED_TEXT : loginErrorText(failure)

/** The field of the form, and why its text was refused. */
export type CodeError = { field: 'code' | 'recovery_code'; failure: CodeFailure }

export const WRONG_APP_CODE_TEXT = 'That code isn’t right or was already used. Enter the code your app shows now.'
export const WRONG_RECOVERY_CODE_TEXT = 'That recovery code isn’t right or was already used.'

/** A new password alone does not enable codes again. */
const CODES_LOCKED_TEXT =
  'Codes are disabled for this account after too many wrong ones. Use a passkey, log in from a browser you have used before, or contact an administrator.'

/** Wrong, used and expired codes share one sentence, so that it tells an attacker nothing. */
export function codeErrorText({ field, failure }: CodeError) {
  if (failure.kind === 'wrong') return field === 'code' ? WRONG_APP_CODE_TEXT : WRONG_RECOVERY_CODE_TEXT
  if (failure.kind === 'looks-like-recovery-code')
    return 'This looks like a recovery code. Enter it under “Use a recovery code”.'
  if (failure.kind === 'locked') return CODES_LOCKED_TEXT
  return loginErrorText(failure)
}
