import type { EndReason, AuthFailure, SessionLookup } from '@/model/types'
import { emailFieldValue } from '@/ui/email'
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
  isExplained?: boolean
}

export const ReloginPage = ({ isExplained, ...props }: ReloginProps): View => ({
  title: 'Log in again',
  body: (
    <FocusedPage title="Log in again">
      <Greeting sessionLookup={props.sessionLookup} isExplained={isExplained} />
      <PasswordForm {...props}>
        <ReadonlyEmail email={props.sessionLookup.user.email} />
      </PasswordForm>
    </FocusedPage>
  ),
})

/** Shown above the current page, so that typed input stays. */
export const ReloginDialog = (props: ReloginProps) => (
  <>
    <h2 id="relogin-title">Log in again</h2>
    <Greeting sessionLookup={props.sessionLookup} />
    <PasswordForm {...props} id="relogin-password" target="#relogin-form">
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
    {props.sessionLookup.kind === 'active' ? (
      <button type="button" class="secondary cancel">
        Cancel
      </button>
    ) : null}
  </>
)

type PasswordFormProps = ReloginProps & { id?: string; target?: '#relogin-form'; children: Children }

const PasswordForm = ({
  sessionLookup,
  next,
  loginUrl,
  switchUserUrl,
  failure,
  id,
  target,
  children,
}: PasswordFormProps) => (
  <>
    <Form action="/relogin" submit="Continue" next={next} userId={sessionLookup.user.id} target={target}>
      {unescaped(children)}
      <Field
        id={id}
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        error={failure && loginErrorText(failure)}
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

const reasons: Partial<Record<EndReason, string>> = {
  idle: 'Your session expired because you were inactive.',
  absolute: 'Your session reached its time limit.',
  revoked: 'This session was ended from another device.',
  password: 'Your password was changed. Enter the new one.',
}

/** `isExplained`: a flash message already states the reason. */
const Greeting = ({ sessionLookup, isExplained }: Pick<ReloginProps, 'sessionLookup' | 'isExplained'>) => (
  <p>
    {sessionLookup.kind === 'active' ? 'Enter your password again, ' : 'Welcome back, '}
    <strong>
      <bdi safe>{sessionLookup.user.name}</bdi>
    </strong>
    . <span safe>{sessionLookup.kind === 'active' || isExplained ? '' : (reasons[sessionLookup.reason] ?? '')}</span>
  </p>
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
