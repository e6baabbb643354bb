import { countParts, notMe, notMeButton, type Template } from '@/ui/mail-content'

const codesLockedMail: Template = (data, site) => ({
  subject: 'Codes are disabled for your account',
  parts: [
    'Someone entered 100 wrong codes in a row. Until you log in with a passkey, you can use codes only in browsers you have used before. Choose a new password in such a browser, and codes work everywhere again.',
    { button: 'Choose a new password', href: `${site.url}/forgot-password` },
    { details: data.details },
    notMe(data, site),
  ],
})

const passwordUsedMail: Template = (data, site) => ({
  subject: 'Someone knows your password',
  parts: [
    'Someone entered your correct password in a browser you haven’t used before, but did not complete two-step verification. If this wasn’t you, change your password now.',
    ...countParts(data.details),
    { details: data.details },
    notMeButton(data, site),
  ],
})

const recoveryCodeUsedMail: Template = (data, site) => ({
  subject: 'A recovery code was used',
  parts: [
    `Someone used a recovery code of your ${site.name} account. You have ${data.details.left ?? 0} left.`,
    { details: data.details },
    { link: 'Manage your login methods', href: `${site.url}/settings/security` },
    notMeButton(data, site),
  ],
})

export const secondStepMails = {
  'codes-locked': codesLockedMail,
  'password-used': passwordUsedMail,
  'recovery-code-used': recoveryCodeUsedMail,
}
