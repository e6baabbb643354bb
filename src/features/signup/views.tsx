import type { RateLimited } from '@/model/types'
import { loginErrorText, mailLimitText, PASSKEY_FAILED_TEXT, PASSKEY_TAKEN_TEXT } from '@/ui/login-error-text'
import { NewPassword } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { firstErrorField, Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { PasskeyButton, type PasskeyRequest } from '@/ui/passkey-form'
import type { RefusedPasskey } from './account'

type Errors = { email?: string; name?: string; password?: string }
type SignupProps = {
  minLength: number
  next?: string
  loginUrl: string
  email?: string
  name?: string
  errors?: Errors
  isTaken?: boolean
  wait?: RateLimited
  /** Too many mails. */
  mailLimit?: RateLimited
  refused?: RefusedPasskey
  /** Undefined where passkeys cannot work. */
  passkey?: { request: PasskeyRequest; userHandle: string }
  /** Whether the browser has just created a passkey for this form. */
  hasNewPasskey?: boolean
}

function refusalText(refused: RefusedPasskey) {
  if (refused.kind === 'rate-limited') return loginErrorText(refused)
  if (refused.kind === 'passkey-taken') return PASSKEY_TAKEN_TEXT
  return refused.kind === 'failed'
    ? PASSKEY_FAILED_TEXT
    : 'This passkey can’t replace a password. Choose a password instead.'
}

export const SignupPage = ({
  minLength,
  next,
  loginUrl,
  email,
  name,
  errors = {},
  isTaken,
  wait,
  mailLimit,
  refused,
  passkey,
  hasNewPasskey,
}: SignupProps): View => {
  const focus = firstErrorField(errors, 'email')
  return {
    title: 'Sign Up',
    isFocused: true,
    body: (
      <FocusedPage title="Sign Up">
        <Form action="/signup" submit="Sign Up" next={next}>
          <FormError
            id="signup-error"
            text={
              (wait && loginErrorText(wait)) ??
              (mailLimit && mailLimitText(mailLimit)) ??
              (refused && refusalText(refused))
            }
          />
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete="username"
            value={email}
            error={errors.email}
            errorMarkup={isTaken ? <EmailTaken loginUrl={loginUrl} /> : undefined}
            autofocus={focus === 'email'}
          />
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            autocapitalize="words"
            value={name}
            error={errors.name}
            autofocus={focus === 'name'}
          />
          <NewPassword
            label="Password"
            name="password"
            minLength={minLength}
            error={errors.password}
            autofocus={focus === 'password'}
          />
        </Form>
        {passkey === undefined ? (
          ''
        ) : (
          <PasskeyButton
            request={passkey.request}
            action="/signup"
            submit="Sign up with a passkey"
            kind="secondary"
            field="attestation"
            next={next}
            copies={['email', 'name']}
            // The account was not created, so the browser should not keep its passkey.
            isUnknown={hasNewPasskey && refused?.kind !== 'passkey-taken'}
            errorId={refused && 'signup-error'}
            hasSeparator
          >
            <input type="hidden" name="user_handle" value={Html.escapeHtml(passkey.userHandle)} />
          </PasskeyButton>
        )}
        <p class="small">
          Already have an account? <a href={Html.escapeHtml(loginUrl)}>Log in</a>
        </p>
      </FocusedPage>
    ),
  }
}

const EmailTaken = ({ loginUrl }: { loginUrl: string }) => (
  <>
    Email address already exists. Go to <a href={Html.escapeHtml(loginUrl)}>login page</a>.
  </>
)
