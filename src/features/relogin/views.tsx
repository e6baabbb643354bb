import type { EndReason, AuthFailure, SessionLookup } from '@/model/types'
import { emailFieldValue } from '@/ui/email'
import { LoginError } from '@/ui/login-error'
import { loginErrorText } from '@/ui/login-error-text'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, unescaped, type Children, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { PageUserField } from '@/ui/page-user'

type ReloginProps = {
  sessionLookup: SessionLookup
  next?: string
  loginUrl: string
  switchUserUrl: string
  failure?: AuthFailure
  /** Whether mail is on, so that a reset unlocks the account. */
  canReset: boolean
  isExplained?: boolean
}

const titleOf = ({ kind }: SessionLookup) => (kind === 'active' ? 'Confirm your password' : 'Your session has ended')

export const ReloginPage = ({ isExplained, ...props }: ReloginProps): View => ({
  title: titleOf(props.sessionLookup),
  isFocused: true,
  body: (
    <FocusedPage title={titleOf(props.sessionLookup)}>
      <Explanation sessionLookup={props.sessionLookup} isExplained={isExplained} />
      <PasswordForm {...props}>
        <ReadonlyEmail email={props.sessionLookup.user.email} />
      </PasswordForm>
    </FocusedPage>
  ),
})

/** Shown above the current page, so that typed input stays. */
export const ReloginDialog = (props: ReloginProps) => (
  <>
    <h2 id="relogin-title">{titleOf(props.sessionLookup)}</h2>
    <Explanation sessionLookup={props.sessionLookup} isInDialog />
    <PasswordForm
      {...props}
      id="relogin-password"
      target="#relogin-form"
      extra={props.sessionLookup.kind === 'active' ? <CancelButton /> : undefined}
    >
      <div class="visually-hidden" aria-hidden="true">
        <input
          type="email"
          autocomplete="username"
          value={Html.escapeHtml(emailFieldValue(props.sessionLookup.user.email))}
          readonly
          tabindex="-1"
        />
      </div>
    </PasswordForm>
  </>
)

const CancelButton = () => (
  <button type="button" class="secondary cancel">
    Cancel
  </button>
)

type PasswordFormProps = ReloginProps & {
  id?: string
  target?: '#relogin-form'
  extra?: JSX.Element
  children: Children
}

const PasswordForm = ({
  sessionLookup,
  next,
  loginUrl,
  switchUserUrl,
  failure,
  canReset,
  id,
  target,
  extra,
  children,
}: PasswordFormProps) => (
  <>
    <Form action="/relogin" submit="Continue" next={next} userId={sessionLookup.user.id} target={target} extra={extra}>
      {unescaped(children)}
      <Field
        id={id}
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        {...errorOf(sessionLookup, failure, canReset)}
        autofocus
      />
    </Form>
    {sessionLookup.kind === 'active' ? (
      <SwitchUserForm action={switchUserUrl} />
    ) : (
      <SwitchUserLink loginUrl={loginUrl} />
    )}
  </>
)

const errorOf = ({ kind }: SessionLookup, failure: AuthFailure | undefined, canReset: boolean) => {
  if (failure === undefined) return {}
  return kind === 'active'
    ? { error: loginErrorText(failure, { canReset }) }
    : { errorMarkup: <LoginError failure={failure} canReset={canReset} /> }
}

const reasons: Partial<Record<EndReason, string>> = {
  idle: 'Your session expired because you were inactive.',
  absolute: 'Your session reached its time limit.',
  revoked: 'This session was ended from another device.',
  password: 'Your password was changed.',
  factors: 'Two-step verification was turned on for your account.',
}

type ExplanationProps = Pick<ReloginProps, 'sessionLookup' | 'isExplained'> & { isInDialog?: boolean }

/** `isExplained`: a flash message already states the reason. */
const Explanation = ({ sessionLookup, isExplained, isInDialog }: ExplanationProps) =>
  sessionLookup.kind === 'active' ? (
    <p>
      To continue, enter your password again, <UserName sessionLookup={sessionLookup} />.
    </p>
  ) : (
    <p>
      {Html.escapeHtml(isExplained ? '' : reasonText(sessionLookup.reason))}
      {sessionLookup.reason === 'password' ? 'Enter the new one' : 'Enter your password again'},{' '}
      <UserName sessionLookup={sessionLookup} />.{isInDialog ? ' What you typed is still here.' : ''}
    </p>
  )

const reasonText = (reason: EndReason) => (reasons[reason] === undefined ? '' : `${reasons[reason]} `)

const UserName = ({ sessionLookup }: Pick<ReloginProps, 'sessionLookup'>) => (
  <strong>
    <bdi safe>{sessionLookup.user.name}</bdi>
  </strong>
)

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
