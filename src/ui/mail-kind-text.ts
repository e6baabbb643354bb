import type { MailKind, LinkPurpose } from '@/model/mails/mail-data'

/** What admins read. Never the subject, which the variant of a mail decides. */
export const mailKindText: Record<MailKind, string> = {
  test: 'Test',
  'sign-up': 'Sign-up',
  'verify-email': 'Confirmation of an address',
  'reset-password': 'Password reset',
  'login-code': 'Login code',
  'confirm-new-email': 'New address',
  'email-change-requested': 'Change of address requested',
  'email-changed-old': 'Address changed (old)',
  'email-changed-new': 'Address changed (new)',
  'new-device': 'Login from a new browser',
  'password-changed': 'Password changed',
  'token-created': 'API token created',
  'remember-token-reused': 'Remember-me token reused',
  'account-locked': 'Account locked',
  'account-secured': 'Account secured',
  'changed-by-admin': 'Changed by an administrator',
  'notification-muted': 'Notification turned off',
  'data-exported': 'Data downloaded',
  'deletion-requested': 'Deletion requested',
  'deletion-reminder': 'Deletion reminder',
  'deletion-cancelled': 'Deletion cancelled',
  'account-deleted': 'Account deleted',
}

export const linkPurposeText: Record<LinkPurpose, string> = {
  'sign-up': 'Finish a sign-up',
  'verify-email': 'Confirm an address',
  'change-email': 'Confirm a new address',
  'reset-password': 'Choose a new password',
  'secure-account': 'Secure the account',
  'login-code': 'Log in with a code',
}
