import type { RateLimited } from '@/model/types'
import { CodeField, WRONG_CODE_TEXT } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { loginErrorText, mailLimitText } from '@/ui/login-error-text'
import { FocusedPage } from '@/ui/page-head'

export { CodeExhaustedPage } from '@/ui/code-exhausted'

const TITLE = 'Log in with a code'
const PATH = '/login/code'

type EmailErrors = { email?: string; emailError?: string; mailLimit?: RateLimited }
type CodeErrors = { isWrong?: boolean; codeLimit?: RateLimited }
type LoginCodeProps = EmailErrors & CodeErrors & { isSent: boolean; next?: string; loginUrl: string }

/** The same for every address, with and without an account. */
export const LoginCodePage = (props: LoginCodeProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      {props.isSent ? <CodeForm {...props} /> : ''}
      <EmailForm {...props} />
      <p class="small">
        <a href={Html.escapeHtml(props.loginUrl)}>Back to login</a>
      </p>
    </FocusedPage>
  ),
})

const CodeForm = ({ next, isWrong, codeLimit, emailError, mailLimit }: LoginCodeProps) => (
  <>
    <p>
      If there is an account with that address, we’ve sent an 8-digit code. It works for 10 minutes, in this browser
      only.
    </p>
    <Form action={PATH} submit="Log in" next={next}>
      <FormError id="code-form-error" text={codeLimit && loginErrorText(codeLimit)} />
      <CodeField
        error={isWrong ? WRONG_CODE_TEXT : undefined}
        autofocus={codeLimit === undefined && emailError === undefined && mailLimit === undefined}
      />
    </Form>
    <p class="small">No email after a few minutes? Check your spam folder, or send a new code.</p>
  </>
)

const EmailForm = ({ isSent, next, email, emailError, mailLimit }: LoginCodeProps) => (
  <Form action={`${PATH}/send`} submit="Send code" kind={isSent ? 'secondary' : 'primary'} next={next}>
    <FormError id="email-form-error" text={mailLimit && mailLimitText(mailLimit)} />
    <Field
      label="Email"
      name="email"
      type="email"
      autocomplete="username"
      value={email}
      error={emailError}
      autofocus={emailError !== undefined || (!isSent && mailLimit === undefined)}
    />
  </Form>
)

/** For the link of the mail, in the browser that asked for it. */
export const LoginLinkPage = ({ next }: { next?: string }): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <p>You asked for this link in this browser.</p>
      <Form action={PATH} submit="Log in" next={next} />
    </FocusedPage>
  ),
})

export const OtherBrowserPage = (): View => ({
  title: 'Use your other browser',
  isFocused: true,
  body: (
    <FocusedPage title="Use your other browser">
      <p>This link works only in the browser where you asked for it. Enter the code from the email there.</p>
    </FocusedPage>
  ),
})

export const InvalidLoginLinkPage = ({ codeUrl }: { codeUrl: string }) =>
  InvalidLinkPage({ actions: [{ text: 'Send a new code', href: codeUrl }] })
