import { dateOf, notMeButton, type Template } from '@/ui/mail-content'

const accountSecuredMail: Template = ({ tokens }, site) => ({
  subject: 'Your account is secured',
  parts: [
    'As you asked, we logged out every session and disabled your password.',
    { button: 'Choose a new password', href: `${site.url}/reset-password?token=${tokens['reset-password']}` },
    'The link works for 30 minutes. After that, use “Forgot your password?” on the login page.',
  ],
})

const resetEmailChangedMail: Template = (data, site) => ({
  subject: 'Your account uses a different address now',
  parts: [
    `Someone asked to reset a password with this address. The ${site.name} account that used it moved to a different address on ${dateOf(data.details.at)}.`,
    notMeButton(data, site),
    `You can undo the change until ${dateOf(data.details.until)}.`,
  ],
})

export const secureAccountMails = {
  'account-secured': accountSecuredMail,
  'reset-email-changed': resetEmailChangedMail,
}
