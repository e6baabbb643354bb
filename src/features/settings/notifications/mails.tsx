import type { AdminChange, MailDetails } from '@/model/mails/mail-data'
import { countParts, notMeButton, type MailPart, type Template } from '@/ui/mail-content'

/** Subject, what happened, and what else to do after the link `This wasn’t me`. */
const notification =
  (
    subject: string,
    describe: (siteName: string, details: MailDetails) => string,
    after: (url: string) => MailPart[] = () => [],
  ): Template =>
  (data, site) => ({
    subject,
    parts: [
      describe(site.name, data.details),
      ...countParts(data.details),
      { details: data.details },
      notMeButton(data, site),
      ...after(site.url),
    ],
  })

const newDeviceMail = notification(
  'New login to your account',
  (name) => `Someone logged in to your ${name} account from a browser you haven’t used before.`,
  (url) => [
    'If it was you, you don’t need to do anything.',
    { link: 'Turn these emails off in your settings', href: `${url}/settings/notifications` },
  ],
)

const passwordChangedMail = notification('Your password was changed', (name, { password }) => {
  if (password === 'set') return `A password was set for your ${name} account. It had none before.`
  const what = password === 'removed' ? 'removed' : 'changed'
  return `The password of your ${name} account was ${what}, and all other sessions were logged out.`
})

const tokenCreatedMail: Template = (data, site) => ({
  subject: 'New API token',
  parts: [
    `An API token was created for your ${site.name} account. Programs can use it to act for you.`,
    ...countParts(data.details),
    { details: data.details },
    { link: 'Review your tokens', href: `${site.url}/settings/tokens` },
    notMeButton(data, site),
  ],
})

const tokenReusedMail: Template = (data, site) => ({
  subject: 'Your login may have been copied',
  parts: [
    'The “Remember me” login of one of your devices was used twice, so someone may have copied it. We logged that device out.',
    ...countParts(data.details),
    { details: data.details },
    { ...notMeButton(data, site), button: 'Secure my account' },
  ],
})

const accountLockedMail: Template = ({ tokens }, site) => ({
  subject: 'Your account is locked',
  parts: [
    'Someone entered 100 wrong passwords in a row. Until you choose a new password, you can log in only from browsers you have used before.',
    { button: 'Choose a new password', href: `${site.url}/reset-password?token=${tokens['reset-password']}` },
    'The link works for 30 minutes. After that, use “Forgot your password?” on the login page.',
  ],
})

const adminSentences: Record<Exclude<AdminChange['kind'], 'role-changed'>, string> = {
  'user-deactivated': 'Your account was deactivated.',
  'user-activated': 'Your account was reactivated.',
  'sessions-revoked': 'All your sessions were logged out.',
  'email-changed': 'Your email address was changed.',
  'email-verified': 'Your email address was marked as confirmed.',
  'password-changed': 'Your password was changed.',
}

const changedByAdminMail: Template = ({ details }) => ({
  subject: 'An administrator changed your account',
  parts: [
    ...(details.change === undefined
      ? []
      : [
          details.change.kind === 'role-changed'
            ? `Your role is now ${details.change.role}.`
            : adminSentences[details.change.kind],
        ]),
    ...countParts(details),
    { details },
  ],
})

const notificationMutedMail = notification(
  'New-login emails are off',
  () => 'You won’t get an email any more when someone logs in from a new browser.',
)

export const notificationMails = {
  'new-device': newDeviceMail,
  'password-changed': passwordChangedMail,
  'token-created': tokenCreatedMail,
  'remember-token-reused': tokenReusedMail,
  'account-locked': accountLockedMail,
  'changed-by-admin': changedByAdminMail,
  'notification-muted': notificationMutedMail,
}
