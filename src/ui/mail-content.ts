import type { MailData, MailDetails } from '@/model/mails/mail-data'
import { dateUtc, exactUtc } from './local-time'
import type { MailColors } from './mail-style'

/** The facts that a template may state about the site. */
export type MailSite = {
  name: string
  /** The public origin. All links start with it. */
  url: string
  isSignupOpen: boolean
  /** Where replies are read, or empty. */
  replyTo: string
  /** The end of a sentence, like `contact us: help@example.com`. Empty without a contact. */
  contact: string
}

/** One paragraph. The address of a button is also written out below it. */
export type MailPart =
  | string
  | { button: string; href: string }
  | { link: string; href: string }
  | { code: string }
  | { details: MailDetails }

export type MailContent = {
  subject: string
  parts: MailPart[]
  /** For mails to addresses that a visitor entered: the recipient may have no account. */
  isRequested?: boolean
}

/** The words of one mail. */
export type Template = (data: MailData, site: MailSite) => MailContent

export type MailProps = MailContent & { email: string; site: MailSite; colors: MailColors }

/** The code, its link, and how long they work. */
export const codeParts = ({ code = '' }: MailData, introduction: string, button: { button: string; href: string }) => [
  introduction,
  { code },
  'Or use this link:',
  button,
  'The code works for 30 minutes, the link for 24 hours.',
]

/** In a mail with another button. Ends all access of an attacker. It works without a session, a password and the current address. */
export const notMe = ({ tokens }: MailData, { url }: MailSite) => ({
  link: 'This wasn’t me',
  href: `${url}/secure-account?token=${tokens['secure-account']}`,
})

export const notMeButton = (data: MailData, site: MailSite) => {
  const { link, href } = notMe(data, site)
  return { button: link, href }
}

/** Empty for an event that happened once. */
export const countParts = ({ count = 1 }: MailDetails) => (count > 1 ? [`This happened ${count} times.`] : [])

/** For a sentence: `Jan 15, 2030`. */
export const dateOf = (at = 0) => dateUtc(at)

/** `1234 5678` */
export const formatCode = (code: string) => code.replace(/^(\d{4})(\d{4})$/, '$1 $2')

export const rowsOf = ({ at, browser, ip }: MailDetails) =>
  [
    ['When', at === undefined ? undefined : exactUtc(at)],
    ['Browser', browser],
    ['IP address', ip],
  ].flatMap(([label = '', value]) => (value ? [{ label, value }] : []))

export const footerOf = ({ isRequested, email, site }: MailProps) => [
  isRequested
    ? `This email was sent to ${email} because someone entered this address at ${site.name}.`
    : `This email was sent to ${email} because of an account at ${site.name}.`,
  ...(site.replyTo === '' ? ['Replies to this email are not read.'] : []),
  'We will never ask for your password or a code by email or phone.',
]
