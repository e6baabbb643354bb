import { formatDuration } from '@/lib/duration'
import { dateOf, notMe, notMeButton, type Template } from '@/ui/mail-content'

const resetMail: Template = (data, site) => ({
  subject: 'Two-step verification was removed',
  parts: [
    `${data.details.by === 'delayed' ? 'As requested, we removed' : 'An administrator removed'} all verification methods from your ${site.name} account and logged out every session. ${data.details.hasPassword ? 'Log in with your password' : 'Choose a password'} and set up two-step verification again.`,
    ...(data.details.hasPassword ? [] : [{ link: 'Choose a password', href: `${site.url}/forgot-password` }]),
    { details: data.details },
    notMeButton(data, site),
  ],
})

const requestedMail: Template = (data, site) => ({
  subject: 'Confirm: remove two-step verification',
  parts: [
    `Someone who knows your password asked to remove two-step verification from your ${site.name} account. Use this link to start the waiting period of ${formatDuration(data.details.wait ?? 0)}:`,
    { button: 'Continue', href: `${site.url}/login/reset-factors?token=${data.tokens['factor-reset-confirm']}` },
    'The link works for 24 hours.',
    'If this wasn’t you, don’t use the link, and change your password.',
    { details: data.details },
    notMe(data, site),
  ],
})

const waitingMail: Template = (data, site) => ({
  subject: `Two-step verification will be removed on ${dateOf(data.details.until)}`,
  parts: [
    `As requested, we will remove two-step verification from your ${site.name} account. To stop it, log in with your second step, cancel it in your account, or choose “This wasn’t me”.`,
    { details: data.details },
    notMeButton(data, site),
  ],
})

const dueMail: Template = ({ tokens }, site) => ({
  subject: 'Remove two-step verification now',
  parts: [
    'The waiting period is over.',
    {
      button: 'Remove two-step verification',
      href: `${site.url}/login/reset-factors?token=${tokens['factor-reset-finish']}`,
    },
    'The link works for 24 hours.',
  ],
})

export const factorResetMails = {
  'factors-reset': resetMail,
  'factor-reset-requested': requestedMail,
  'factor-reset-waiting': waitingMail,
  'factor-reset-due': dueMail,
}
