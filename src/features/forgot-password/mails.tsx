import { dateOf, type Template } from '@/ui/mail-content'

const resetPasswordMail: Template = ({ email, details, tokens }, site) => ({
  subject: 'Reset your password',
  parts: [
    `We got a request to reset the password of your ${site.name} account, ${email}.`,
    { button: 'Choose a new password', href: `${site.url}/reset-password?token=${tokens['reset-password']}` },
    'The link works once, for 30 minutes.',
    ...(details.until === undefined
      ? []
      : [
          `This account will be deleted on ${dateOf(details.until)}. A new password does not change that. Log in to keep the account.`,
        ]),
    'If you didn’t ask for this, ignore this email. Your password stays the same.',
    ...(site.contact === '' ? [] : [`If these emails keep coming, ${site.contact}.`]),
    { details },
  ],
})

const resetNoAccountMail: Template = (_, site) => ({
  subject: 'No account with this address',
  isRequested: true,
  parts: [
    `Someone, possibly you, asked to reset a password at ${site.name} with this address. There is no account with it. You may have signed up with a different address.`,
    ...(site.isSignupOpen ? [{ button: 'Sign up', href: `${site.url}/signup` }] : []),
    'If this wasn’t you, ignore this email.',
  ],
})

const resetDeactivatedMail: Template = ({ email }, site) => ({
  subject: 'Your account is deactivated',
  parts: [
    `Someone, possibly you, asked for a new password or a login code for ${email}. An administrator deactivated this account, so it can’t be used to log in.`,
    ...(site.contact === '' ? [] : [`If you think this is a mistake, ${site.contact}.`]),
  ],
})

export const resetMails = {
  'reset-password': resetPasswordMail,
  'reset-no-account': resetNoAccountMail,
  'reset-deactivated': resetDeactivatedMail,
}
