import type { MailKind, LinkPurpose } from '@/model/mails/mail-data'

/** What admins read. Never the subject, which the variant of a mail decides. */
export const mailKindText: Record<MailKind, string> = {
  test: 'Test',
  'reset-password': 'Password reset',
  'password-changed': 'Password changed',
  'deletion-requested': 'Deletion requested',
  'deletion-reminder': 'Deletion reminder',
  'deletion-cancelled': 'Deletion cancelled',
  'account-deleted': 'Account deleted',
}

export const linkPurposeText: Record<LinkPurpose, string> = {
  'reset-password': 'Choose a new password',
}
