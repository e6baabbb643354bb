import { codeParts, notMeButton, type Template } from '@/ui/mail-content'

const confirmNewEmailMail: Template = (data, site) => ({
  subject: 'Confirm your new email address',
  isRequested: true,
  parts: [
    ...codeParts(
      data,
      `Someone, probably you, wants to use this address for an account at ${site.name}. Enter this code in the account’s settings:`,
      { button: 'Confirm new address', href: `${site.url}/verify-email?token=${data.tokens['change-email']}` },
    ),
    'If this wasn’t you, ignore this email. Nothing will change.',
  ],
})

const newEmailInUseMail: Template = (_, site) => ({
  subject: 'Someone tried to use your email address',
  isRequested: true,
  parts: [
    `Someone tried to use this address for another account at ${site.name}. It belongs to your account, so nothing was changed. You don’t need to do anything.`,
  ],
})

const changeRequestedMail: Template = (data, site) => ({
  subject: 'Your email address is about to change',
  parts: [
    `Someone with access to your ${site.name} account asked to change its email address, ${data.email}. It changes when the new address is confirmed.`,
    { details: data.details },
    notMeButton(data, site),
  ],
})

const changedOldMail: Template = (data, site) => ({
  subject: 'Your email address was changed',
  parts: [
    `Your ${site.name} account no longer uses ${data.email}. Emails now go to the new address.`,
    { details: data.details },
    // An operator made a change without undo.
    ...(data.tokens['secure-account'] === undefined
      ? []
      : [
          notMeButton(data, site),
          'You can undo this for 7 days. You’ll need a password that you used before the change.',
        ]),
  ],
})

const changedNewMail: Template = ({ email, details }, site) => ({
  subject: 'Your new email address is active',
  parts: [`Your ${site.name} account now uses ${email}. Log in with this address from now on.`, { details }],
})

export const emailChangeMails = {
  'confirm-new-email': confirmNewEmailMail,
  'new-email-in-use': newEmailInUseMail,
  'email-change-requested': changeRequestedMail,
  'email-changed-old': changedOldMail,
  'email-changed-new': changedNewMail,
}
