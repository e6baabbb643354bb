import type { AuthFailure, SessionLookup } from '@/model/types'
import { CancelButton } from '@/ui/dialog'
import { emailFieldValue } from '@/ui/email'
import { LoginError } from '@/ui/login-error'
import { loginErrorText } from '@/ui/login-error-text'
import { ReadonlyEmail } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, unescaped } from '@/ui/html'
import { PasskeyButton } from '@/ui/passkey-form'
import { SecondFactorForms } from '@/ui/second-factor-form'
import { passkeyErrorText } from '@/ui/second-factor-text'
import type { MethodProps, ReloginProps } from './props'

/** The forms for the proofs that the session lacks. */
export const Methods = (props: MethodProps) => {
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

const errorOf = ({ kind }: SessionLookup, failure: AuthFailure | undefined, canReset: boolean) => {
  if (failure === undefined) return {}
  return kind === 'active'
    ? { error: loginErrorText(failure, { canReset }) }
    : { errorMarkup: <LoginError failure={failure} canReset={canReset} /> }
}
