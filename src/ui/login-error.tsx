import type { AuthFailure } from '@/model/types'
import { Html } from './html'
import { LOCKED_TEXT, loginErrorText, RESET_TEXT } from './login-error-text'

type LoginErrorProps = { failure: AuthFailure; canReset: boolean }

/** For a page without a session: the page of the reset redirects users who are logged in. */
export const LoginError = ({ failure, canReset }: LoginErrorProps) =>
  canReset && failure.kind === 'rate-limited' && failure.isLocked ? (
    <>
      {LOCKED_TEXT}
      <a href="/forgot-password">{RESET_TEXT}</a>.
    </>
  ) : (
    <>{Html.escapeHtml(loginErrorText(failure))}</>
  )
