import { FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { PageUserField } from '@/ui/page-user'
import type { CodeError, PasskeyFailure } from '@/ui/second-factor-text'
import { Explanation } from './explanation'
import { Methods } from './methods'
import { isPasswordOnly, type ReloginProps } from './props'

export { SecondStepDialog } from '@/ui/second-step'
export type { CodeError, PasskeyFailure }

export const LATE_CODE_TEXT = 'Your session ended before you entered the code, so a code alone is not enough.'

function titleOf({ sessionLookup, methods }: ReloginProps) {
  if (sessionLookup.kind === 'ended') return 'Your session has ended'
  return isPasswordOnly(methods) ? 'Confirm your password' : 'Confirm that it’s you'
}

export const ReloginPage = (props: ReloginProps): View => ({
  title: titleOf(props),
  isFocused: true,
  body: (
    <FocusedPage title={titleOf(props)}>
      <FormError id="relogin-message" text={props.message} />
      <Explanation {...props} />
      <Methods {...props} />
      <SwitchUser {...props} />
    </FocusedPage>
  ),
})

/** Shown above the current page, so that typed input stays. */
export const ReloginDialog = (props: ReloginProps) => (
  <>
    <h2 id="relogin-title">{Html.escapeHtml(titleOf(props))}</h2>
    <FormError id="relogin-message" text={props.message} />
    <Explanation {...props} isInDialog />
    <Methods {...props} isInDialog />
    <SwitchUser {...props} />
  </>
)

const SwitchUser = ({ sessionLookup, switchUserUrl, loginUrl }: ReloginProps) =>
  sessionLookup.kind === 'active' ? <SwitchUserForm action={switchUserUrl} /> : <SwitchUserLink loginUrl={loginUrl} />

const SwitchUserLink = ({ loginUrl }: { loginUrl: string }) => (
  <p class="small">
    <a href={Html.escapeHtml(loginUrl)}>Log in as a different user</a>
  </p>
)

/** The login page redirects users with an active session, so the session ends first. */
const SwitchUserForm = ({ action }: { action: string }) => (
  <form method="post" action={Html.escapeHtml(action)}>
    <PageUserField />
    <button type="submit" class="link">
      Log in as a different user
    </button>
  </form>
)
