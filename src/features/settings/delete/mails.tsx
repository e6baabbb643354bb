import type { MailData } from '@/model/mails/mail-data'
import {
  countParts,
  dateOf,
  notMe,
  notMeButton,
  type MailContent,
  type MailSite,
  type Template,
} from '@/ui/mail-content'
import { quantity } from '@/lib/quantity'
import { days } from '@/lib/duration'

const partsOf = (data: MailData, site: MailSite): MailContent['parts'] => [
  `Your ${site.name} account and everything in it will be deleted on ${dateOf(data.details.until)}. To keep it, log in before then.`,
  { button: 'Keep my account', href: `${site.url}/login` },
  ...countParts(data.details),
  { details: data.details },
  notMe(data, site),
]

const deletionRequestedMail: Template = (data, site) => ({
  subject: 'Your account will be deleted',
  parts: partsOf(data, site),
})

const deletionReminderMail: Template = (data, site) => {
  const { at = 0, until = 0 } = data.details
  const left = Math.round((until - at) / days(1))
  return {
    subject: `Your account will be deleted ${left <= 1 ? 'tomorrow' : `in ${quantity(left, 'day')}`}`,
    parts: partsOf({ ...data, details: { until } }, site),
  }
}

const deletionCancelledMail: Template = (data, site) => ({
  subject: 'Your account will not be deleted',
  parts: [
    `The deletion of your ${site.name} account was cancelled.`,
    ...countParts(data.details),
    { details: data.details },
    notMeButton(data, site),
  ],
})

const accountDeletedMail: Template = (_, site) => ({
  subject: 'Your account was deleted',
  parts: [`Your ${site.name} account and everything in it were deleted. This is the last email about it.`],
})

export const deletionMails = {
  'deletion-requested': deletionRequestedMail,
  'deletion-reminder': deletionReminderMail,
  'deletion-cancelled': deletionCancelledMail,
  'account-deleted': accountDeletedMail,
}
