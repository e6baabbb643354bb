import type { AuthFailure } from '@/model/types'
import { LoginError } from '@/ui/login-error'
import { PASSKEY_FAILED_TEXT } from '@/ui/login-error-text'
import { Checkbox } from '@/ui/choices'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { PasskeyButton, type PasskeyRequest } from '@/ui/passkey-form'

type LoginProps = {
  next?: string
  helpUrl: string
  signupUrl?: string
  /** Undefined without the login by a mailed code. */
  codeUrl?: string
  /** Whether mail is on, so that a reset unlocks the account. */
  canReset: boolean
  /** Undefined where they cannot work. */
  passkeys?: PasskeyRequest
  email?: string
  remember?: boolean
  failure?: AuthFailure
  failedPasskey?: { isUnknown?: boolean }
}

/** Never says which field is wrong: that would reveal which accounts exist. */
export const LoginPage = ({
  next,
  helpUrl,
  signupUrl,
  codeUrl,
  canReset,
  passkeys,
  email,
  remember,
  failure,
  failedPasskey,
}: LoginProps): View => {
  const isWrong = failure?.kind === 'invalid'
  const errorId = isWrong ? 'login-error' : undefined // a rate limit is not an error of a field
  return {
    title: 'Login',
    isFocused: true,
    body: (
      <FocusedPage title="Login">
        <Form action="/login" submit="Login" next={next}>
          <FormError
            id="login-error"
            text={failedPasskey && PASSKEY_FAILED_TEXT}
            markup={failure && <LoginError failure={failure} canReset={canReset} />}
          />
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete={passkeys ? 'username webauthn' : 'username'}
            value={email}
            errorId={errorId}
            autofocus={!failure || isWrong}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="current-password"
            errorId={errorId}
            autofocus={failure && !isWrong}
          />
          <Checkbox label="Remember me" name="remember" isChecked={remember} />
        </Form>
        {passkeys === undefined ? '' : <PasskeyLogin passkeys={passkeys} next={next} failed={failedPasskey} />}
        <p class="small">
          <a href={Html.escapeHtml(helpUrl)}>Forgot your password?</a>
        </p>
        {codeUrl === undefined ? (
          ''
        ) : (
          <p class="small">
            <a href={Html.escapeHtml(codeUrl)}>Log in with a code</a>
          </p>
        )}
        {signupUrl === undefined ? (
          ''
        ) : (
          <p class="small">
            New here? <a href={Html.escapeHtml(signupUrl)}>Create an account</a>
          </p>
        )}
      </FocusedPage>
    ),
  }
}

type PasskeyLoginProps = {
  passkeys: PasskeyRequest
  next?: string
  failed?: { isUnknown?: boolean }
}

const PasskeyLogin = ({ passkeys, next, failed }: PasskeyLoginProps) => (
  <PasskeyButton
    request={passkeys}
    action="/login/passkey"
    submit="Log in with a passkey"
    kind="secondary"
    field="assertion"
    next={next}
    mode="login"
    copies={['remember']}
    isFirst={failed !== undefined}
    isUnknown={failed?.isUnknown}
    errorId={failed && 'login-error'}
    hasSeparator
    withoutScripts="Passkeys require JavaScript. Log in with your password instead."
  />
)
