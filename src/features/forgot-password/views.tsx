import { LinkButton } from '@/ui/button'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { SupportEmail } from '@/ui/support-email'

type ForgotPasswordProps = { loginUrl: string; supportEmail: string }

export const ForgotPasswordPage = ({ loginUrl, supportEmail }: ForgotPasswordProps): View => ({
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
