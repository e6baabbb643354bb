import type { StepUpMethod } from '@/model/factors/step-up'
import type { EndReason, AuthFailure, SessionLookup } from '@/model/types'
import { emailFieldValue } from '@/ui/email'
import { LoginError } from '@/ui/login-error'
import { loginErrorText } from '@/ui/login-error-text'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, unescaped, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { PasskeyButton, type PasskeyRequest } from '@/ui/passkey-form'
import { PageUserField } from '@/ui/page-user'
import { SecondFactorForms } from '@/ui/second-factor-form'
import { passkeyErrorText, type CodeError, type PasskeyFailure } from '@/ui/second-factor-text'

export { SecondStepDialog } from '@/ui/second-step'
export type { CodeError, PasskeyFailure }

type ReloginProps = {
  sessionLookup: SessionLookup
  /** The proofs that the session lacks. Each is enough, or begins the second step. */
  methods: readonly StepUpMethod[]
  next?: string
  loginUrl: string
  switchUserUrl: string
  failure?: AuthFailure
  codeError?: CodeError
  /** Undefined without a passkey that is enough. */
  passkey?: PasskeyRequest
  passkeyFailure?: PasskeyFailure
  /** Whether mail is on, so that a reset unlocks the account. */
  canReset: boolean
  isExplained?: boolean
}

const isPasswordOnly = (methods: ReloginProps['methods']) => methods.every((method) => method === 'password')

function titleOf({ sessionLookup, methods }: ReloginProps) {
  if (sessionLookup.kind === 'ended') return 'Your session has ended'
  return isPasswordOnly(methods) ? 'Confirm your password' : 'Confirm that it’s you'
}

export const ReloginPage = (props: ReloginProps): View => ({
  title: titleOf(props),
  isFocused: true,
  body: (
    <FocusedPage title={titleOf(props)}>
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
    <Explanation {...props} isInDialog />
    <Methods {...props} isInDialog />
    <SwitchUser {...props} />
  </>
)

type MethodProps = ReloginProps & { isInDialog?: boolean }

const Methods = (props: MethodProps) => {
  const { sessionLookup, methods, isInDialog } = props
  const hasPassword = methods.includes('password')
  const hasApps = methods.includes('app-code')
  const hasRecoveryCodes = methods.includes('recovery-code')
  const cancel = isInDialog && sessionLookup.kind === 'active' ? <CancelButton /> : undefined
  return (
    <>
      {methods.length === 0 ? <NoMethod {...props} /> : ''}
      {props.passkey === undefined ? '' : <PasskeyStepUp {...props} passkey={props.passkey} />}
      {hasPassword ? <PasswordForm {...props} extra={cancel} /> : ''}
      <SecondFactorForms
        action="/relogin/code"
        next={props.next}
        userId={sessionLookup.user.id}
        isInDialog={isInDialog}
        hasApps={hasApps}
        hasRecoveryCodes={hasRecoveryCodes}
        isSecondary={hasButton(props)}
        error={props.codeError}
        extra={cancel}
      />
      {hasPassword || hasApps || hasRecoveryCodes || cancel === undefined ? (
        ''
      ) : (
        <div class="actions">{unescaped(cancel)}</div>
      )}
    </>
  )
}

const hasButton = ({ passkey }: Pick<ReloginProps, 'passkey'>) => passkey !== undefined && 'options' in passkey

const PasskeyStepUp = ({ passkey, ...props }: MethodProps & Required<Pick<ReloginProps, 'passkey'>>) => {
  const { sessionLookup, methods, next, failure, codeError, passkeyFailure, isInDialog } = props
  const errorId = isInDialog ? 'relogin-passkey-error' : 'passkey-error'
  const hasError = failure !== undefined || codeError !== undefined
  return (
    <>
      <FormError id={errorId} text={passkeyFailure && passkeyErrorText(passkeyFailure)} />
      <PasskeyButton
        request={passkey}
        action="/relogin/passkey"
        submit="Use a passkey"
        field="assertion"
        next={next}
        userId={sessionLookup.user.id}
        target={isInDialog ? '#relogin-form' : undefined}
        mode={isInDialog && !hasError && passkeyFailure === undefined ? 'dialog' : undefined}
        isFirst={!hasError}
        isUnknown={passkeyFailure?.kind === 'failed' && passkeyFailure.isUnknown}
        errorId={passkeyFailure && errorId}
        withoutScripts={`Passkeys require JavaScript.${insteadOf(methods)}`}
      />
    </>
  )
}

function insteadOf(methods: ReloginProps['methods']) {
  if (methods.includes('password')) return ' Log in with your password instead.'
  return methods.length > 1 ? ' Enter a code instead.' : ''
}

/** For example after a change of `PASSKEY_DOMAIN`, for an account without a password. */
const NoMethod = ({ sessionLookup, canReset }: ReloginProps) => (
  <p>
    None of your passkeys works on this site.{' '}
    {!canReset
      ? 'Contact an administrator.'
      : sessionLookup.kind === 'active'
        ? 'Log out, and reset your password to choose one.'
        : ''}
    {canReset && sessionLookup.kind === 'ended' ? <a href="/forgot-password">Choose a password instead</a> : ''}
  </p>
)

const CancelButton = () => (
  <button type="button" class="secondary cancel">
    Cancel
  </button>
)

type PasswordFormProps = MethodProps & { extra?: JSX.Element }

const PasswordForm = ({ sessionLookup, next, failure, canReset, isInDialog, extra, passkey }: PasswordFormProps) => (
  <Form
    action="/relogin"
    submit="Continue"
    kind={hasButton({ passkey }) ? 'secondary' : undefined}
    next={next}
    userId={sessionLookup.user.id}
    target={isInDialog ? '#relogin-form' : undefined}
    extra={extra}
  >
    {isInDialog ? <HiddenEmail {...sessionLookup.user} /> : <ReadonlyEmail email={sessionLookup.user.email} />}
    <Field
      id={isInDialog ? 'relogin-password' : undefined}
      label="Password"
      name="password"
      type="password"
      autocomplete="current-password"
      {...errorOf(sessionLookup, failure, canReset)}
      autofocus
    />
  </Form>
)

/** Tells password managers the account. */
const HiddenEmail = ({ email }: { email: string }) => (
  <div class="visually-hidden" aria-hidden="true">
    <input
      type="email"
      autocomplete="username"
      value={Html.escapeHtml(emailFieldValue(email))}
      readonly
      tabindex="-1"
    />
  </div>
)

const SwitchUser = ({ sessionLookup, switchUserUrl, loginUrl }: ReloginProps) =>
  sessionLookup.kind === 'active' ? <SwitchUserForm action={switchUserUrl} /> : <SwitchUserLink loginUrl={loginUrl} />

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

/** `isExplained`: a flash message already states the reason. */
const Explanation = ({ sessionLookup, methods, isExplained, isInDialog }: MethodProps) =>
  sessionLookup.kind === 'active' ? (
    <p>
      To continue, {isPasswordOnly(methods) ? 'enter your password again' : 'confirm that it’s you'},{' '}
      <UserName sessionLookup={sessionLookup} />.
    </p>
  ) : (
    <p>
      {Html.escapeHtml(isExplained ? '' : reasonText(sessionLookup.reason))}
      {requestText(sessionLookup.reason, methods)}, <UserName sessionLookup={sessionLookup} />.
      {isInDialog ? ' What you typed is still here.' : ''}
    </p>
  )

function requestText(reason: EndReason, methods: ReloginProps['methods']) {
  if (!isPasswordOnly(methods)) return 'Confirm that it’s you'
  return reason === 'password' ? 'Enter the new one' : 'Enter your password again'
}

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
