import { readableEmail } from '@/lib/email-domain'
import type { AuthFailure, RateLimited } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { CodeField, NewPassword, WRONG_CODE_TEXT } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { LoginError } from '@/ui/login-error'
import { loginErrorText, mailLimitText } from '@/ui/login-error-text'
import { FocusedPage } from '@/ui/page-head'

export { CodeExhaustedPage } from '@/ui/code-exhausted'

const PATH = '/verify-email'

type CodePageProps = {
  /** Where the code was mailed for a sign-up; undefined after a login with an unverified address. */
  email?: string
  next?: string
  signupUrl?: string
  isWrong?: boolean
  /** Too many wrong codes. */
  codeLimit?: RateLimited
  /** Too many mails. */
  mailLimit?: RateLimited
}

export const CodePage = ({ email, next, signupUrl, isWrong, codeLimit, mailLimit }: CodePageProps): View => ({
  title: 'Check your email',
  isFocused: true,
  body: (
    <FocusedPage title="Check your email">
      {email === undefined ? (
        <p>One more step: confirm your email address. We’ve sent you a code.</p>
      ) : (
        <p>
          We sent an email to <Address email={email} />. Enter the code from it here, or use the link in it.
        </p>
      )}
      <Form action={PATH} submit="Confirm" next={next}>
        <FormError id="code-limit" text={codeLimit && loginErrorText(codeLimit)} />
        <CodeField
          error={isWrong ? WRONG_CODE_TEXT : undefined}
          autofocus={mailLimit === undefined && codeLimit === undefined}
        />
      </Form>
      <Form action={`${PATH}/resend`} submit="Send it again" kind="secondary" next={next}>
        <FormError id="mail-limit" text={mailLimit && mailLimitText(mailLimit)} />
        <p>No email? Check your spam folder, or</p>
      </Form>
      {email === undefined || signupUrl === undefined ? (
        ''
      ) : (
        <p class="small">
          Wrong address? <a href={Html.escapeHtml(signupUrl)}>Sign up again</a>
        </p>
      )}
    </FocusedPage>
  ),
})

const Address = ({ email }: { email: string }) => (
  <strong>
    <bdi safe>{readableEmail(email)}</bdi>
  </strong>
)

type LinkPageProps = { email: string; next?: string }

/** For a browser that proved more than the mailbox, by a session or a login: one button is enough. */
export const ConfirmPage = ({ email, next, canDecline = false }: LinkPageProps & { canDecline?: boolean }): View => ({
  title: 'Confirm your email address',
  isFocused: true,
  body: (
    <FocusedPage title="Confirm your email address">
      <p>
        <Address email={email} />
      </p>
      <Form action={PATH} submit="Confirm" next={next} />
      {canDecline ? <DeclineForm /> : ''}
    </FocusedPage>
  ),
})

type FinishSignUpProps = LinkPageProps & {
  minLength: number
  /** False for a sign-up with a passkey, which only the browser of the sign-up can finish. */
  hasPassword: boolean
  failure?: AuthFailure
  newPasswordError?: string
}

export const FinishSignUpPage = ({ hasPassword, ...props }: FinishSignUpProps): View => ({
  title: 'Finish signing up',
  isFocused: true,
  body: (
    <FocusedPage title="Finish signing up">
      {hasPassword ? <EnterPassword {...props} /> : <PasskeyElsewhere {...props} />}
      <Form action={PATH} submit="Use this password instead" kind="secondary" next={props.next}>
        <NewPassword
          label="New password"
          name="new_password"
          minLength={props.minLength}
          error={props.newPasswordError}
          autofocus={!hasPassword || props.newPasswordError !== undefined}
        />
      </Form>
      <DeclineForm />
    </FocusedPage>
  ),
})

type SignUpOfProps = Omit<FinishSignUpProps, 'hasPassword'>

const EnterPassword = ({ email, next, failure, newPasswordError }: SignUpOfProps) => (
  <>
    <p>
      Someone, probably you, signed up with <Address email={email} />. Enter the password you chose.
    </p>
    <Form action={PATH} submit="Confirm" next={next}>
      <Field
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        errorMarkup={failure && <LoginError failure={failure} canReset />}
        autofocus={newPasswordError === undefined}
      />
    </Form>
    <p>Don’t know that password?</p>
  </>
)

const PasskeyElsewhere = ({ email }: SignUpOfProps) => (
  <p>
    Someone, probably you, signed up with <Address email={email} /> and a passkey. Open the link in the browser where
    you signed up, or choose a password.
  </p>
)

const DeclineForm = () => <Form action={`${PATH}/decline`} submit="I didn’t sign up" kind="secondary" />

export const SignUpDeclinedPage = (): View => ({
  title: 'No account was created',
  isFocused: true,
  body: (
    <FocusedPage title="No account was created">
      <p>Thanks for telling us. No account was created with your address.</p>
    </FocusedPage>
  ),
})

/** Another user is logged in in this browser, whose session stays. */
export const ConfirmedForOtherPage = ({ email, other }: { email: string; other: string }): View => ({
  title: 'Email address confirmed',
  isFocused: true,
  body: (
    <FocusedPage title="Email address confirmed">
      <p>
        <Address email={email} /> is now confirmed. You are still logged in as <Address email={other} />.
      </p>
      <div class="actions">
        <LinkButton href="/profile" text="Continue" />
      </div>
    </FocusedPage>
  ),
})

type InvalidProps = { loginUrl: string; signupUrl?: string }

export const InvalidVerificationPage = ({ loginUrl, signupUrl }: InvalidProps) =>
  InvalidLinkPage({
    actions: [
      { text: 'Log in', href: loginUrl },
      ...(signupUrl === undefined ? [] : [{ text: 'Sign up', href: signupUrl }]),
    ],
  })
