import type { RateLimited } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { mailLimitText } from '@/ui/login-error-text'
import { FocusedPage } from '@/ui/page-head'
import { SupportEmail } from '@/ui/support-email'

type ForgotPasswordProps = { next?: string; loginUrl: string; email?: string; error?: string; limited?: RateLimited }

export const ForgotPasswordPage = ({ next, loginUrl, email, error, limited }: ForgotPasswordProps): View => ({
  title: 'Reset your password',
  isFocused: true,
  body: (
    <FocusedPage title="Reset your password">
      <p>Enter your email address. We’ll send you a link to choose a new password.</p>
      <Form action="/forgot-password" submit="Send reset link" next={next}>
        <FormError id="forgot-password-error" text={limited && mailLimitText(limited)} />
        <Field
          label="Email"
          name="email"
          type="email"
          autocomplete="username"
          value={email}
          error={error}
          autofocus={limited === undefined}
        />
      </Form>
      <p class="small">
        <a href={Html.escapeHtml(loginUrl)}>Back to login</a>
      </p>
    </FocusedPage>
  ),
})

/** The same with and without an account. */
export const MailSentPage = (): View => ({
  title: 'Check your email',
  isFocused: true,
  body: (
    <FocusedPage title="Check your email">
      <p>
        If there is an account with that address, we’ve sent a link to choose a new password. It works for 30 minutes.
      </p>
      <p>
        No email after a few minutes? Check your spam folder. If you asked more than once, any link from the last 30
        minutes works.
      </p>
      <p class="small">
        <a href="/forgot-password">Use a different address</a>
      </p>
    </FocusedPage>
  ),
})

type PasswordHelpProps = { loginUrl: string; supportEmail: string }

export const PasswordHelpPage = ({ loginUrl, supportEmail }: PasswordHelpProps): View => ({
  title: 'Forgot your password?',
  isFocused: true,
  body: (
    <FocusedPage title="Forgot your password?">
      {supportEmail === '' ? (
        <p>Ask an administrator of this site for a new password. Say which email address you log in with.</p>
      ) : (
        <p>
          Write to <SupportEmail email={supportEmail} /> and ask for a new password. Say which email address you log in
          with.
        </p>
      )}
      <p>Change the new password after your first login: only you should know it.</p>
      <div class="actions">
        <LinkButton href={loginUrl} text="Back to the login" kind="secondary" />
      </div>
    </FocusedPage>
  ),
})
