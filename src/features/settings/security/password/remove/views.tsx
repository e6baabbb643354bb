import { SECURITY_PATH } from '@/lib/security-path'
import { readableEmail } from '@/lib/email-domain'
import type { PasswordRemovalHindrance } from '@/model/accounts/passwordless'
import { LinkButton } from '@/ui/button'
import { Confirmation } from '@/ui/confirmation'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'

type RemovePasswordProps = {
  email: string
  /** Whether mail is on. */
  canRecover: boolean
  hindrance?: PasswordRemovalHindrance
}

export const RemovePasswordPage = ({ email, canRecover, hindrance }: RemovePasswordProps): View =>
  hindrance === undefined
    ? Confirmation({
        title: 'Remove your password?',
        text: [
          'You’ll only be able to log in with a passkey, which requires JavaScript.',
          canRecover
            ? `If you lose all your passkeys, you can recover your account by email at ${readableEmail(email)}.`
            : 'If you lose all your passkeys, only an administrator can help you.',
        ].join(' '),
        action: '/settings/security/password/remove',
        submit: 'Remove password',
        back: SECURITY_PATH,
        cancel: 'Keep it',
      })
    : HinderedPage({ hindrance })

const reasons: Record<PasswordRemovalHindrance, string> = {
  'no-password': 'You have no password.',
  'no-passkey': 'Log in with a passkey first. Then you know that it works.',
  'no-recovery':
    'Confirm your email address or create recovery codes first. Otherwise you cannot recover your account.',
}

const HinderedPage = ({ hindrance }: { hindrance: PasswordRemovalHindrance }): View => ({
  title: 'Remove your password?',
  isFocused: true,
  body: (
    <FocusedPage title="Remove your password?">
      <p safe>{reasons[hindrance]}</p>
      <div class="actions">
        <LinkButton href={SECURITY_PATH} text="Back to security" kind="secondary" />
      </div>
    </FocusedPage>
  ),
})
