import type { MailDetails } from '@/model/mails/mail-data'
import { countParts, notMeButton, type MailPart, type Template } from '@/ui/mail-content'

type FactorDetails = Pick<MailDetails, 'factor' | 'hasPassword'>

const factorName = ({ factor }: FactorDetails) => (factor === 'passkey' ? 'A passkey' : 'An authenticator app')

const manage = (url: string): MailPart => ({ link: 'Manage your login methods', href: `${url}/settings/security` })

/** Subject, what happened, and whether the user can change it on the page of login methods. */
const report =
  (
    subject: string,
    describe: (siteName: string, details: FactorDetails) => string,
    { canManage = true }: { canManage?: boolean } = {},
  ): Template =>
  (data, site) => ({
    subject,
    parts: [
      describe(site.name, data.details),
      ...countParts(data.details),
      { details: data.details },
      ...(canManage ? [manage(site.url)] : []),
      notMeButton(data, site),
    ],
  })

export const securityMails = {
  'factor-added': report(
    'A verification method was added',
    (name, details) => `${factorName(details)} was added to your ${name} account.`,
  ),
  'factor-removed': report(
    'A verification method was removed',
    (name, details) => `${factorName(details)} was removed from your ${name} account.`,
  ),
  'two-step-enabled': report(
    'Two-step verification is on',
    () => 'You now need a second step to log in. All other sessions were logged out.',
    { canManage: false },
  ),
  'two-step-disabled': report('Two-step verification is off', (_, { hasPassword }) =>
    hasPassword ? 'Your password alone is now enough to log in.' : 'You now log in without a second step.',
  ),
  'recovery-codes-created': report('New recovery codes were created', () => 'Your old recovery codes no longer work.'),
  'passkey-flagged': report(
    'A passkey was blocked',
    () => 'One of your passkeys may have been copied, so it no longer works. Remove it and add a new one.',
  ),
}
