import { auth } from './auth'
import type { Config } from './config/env'
import { resetMails } from './features/forgot-password/mails'
import { loginCodeMails } from './features/login/code/mails'
import { factorResetMails } from './features/login/reset-factors/mails'
import { secondStepMails } from './features/login/second-step/mails'
import { secureAccountMails } from './features/secure-account/mails'
import { deletionMails } from './features/settings/delete/mails'
import { emailChangeMails } from './features/settings/email/mails'
import { exportMails } from './features/settings/export/mails'
import { notificationMails } from './features/settings/notifications/mails'
import { securityMails } from './features/settings/security/mails'
import { signUpMails } from './features/verify-email/sign-up-mails'
import { verifyEmailMails } from './features/verify-email/mails'
import { themeColor } from './http/assets/theme-colors'
import type { MailData, MailTemplate } from './model/mails/mail-data'
import { asString } from './ui/html'
import type { MailColors } from './ui/mail-style'
import { MailPage } from './ui/mail'
import { textOf } from './ui/mail-text'
import type { MailPart, MailSite, Template } from './ui/mail-content'

/** The words of each mail. Its templates stand in `mails.tsx` of their features. */
const templates: Record<MailTemplate, Template> = {
  test: (_, site) => ({
    subject: `Test email from ${site.name}`,
    parts: ['`bun run mail test` sent this email. Your mail settings work.'],
  }),
  ...signUpMails,
  ...verifyEmailMails,
  ...resetMails,
  ...loginCodeMails,
  ...secondStepMails,
  ...securityMails,
  ...factorResetMails,
  ...emailChangeMails,
  ...notificationMails,
  ...secureAccountMails,
  ...exportMails,
  ...deletionMails,
}

const colors: MailColors = {
  ground: themeColor('ground'),
  surface: themeColor('surface'),
  border: themeColor('border'),
  text: themeColor('text'),
  muted: themeColor('muted'),
  accent: themeColor('accent'),
  'on-accent': themeColor('on-accent'),
}

/** One mail as HTML and as plain text. `own` are the texts of this app. */
export function renderMail(config: Config, template: MailTemplate, data: MailData, own = auth.mails) {
  const site = siteOf(config)
  const content = templates[template](data, site)
  const { email, details } = data
  const changed = { ...content, ...own?.[template]?.({ email, details, ...targetsOf(content.parts) }) }
  if (!Bun.deepEquals(targetsOf(changed.parts), targetsOf(content.parts)))
    throw new Error(`mail failed: the own text of ${template} must keep all links and codes, in their order`)
  const mail = { ...changed, email, site, colors }
  return { subject: mail.subject, text: textOf(mail), html: asString(MailPage(mail)) }
}

const siteOf = ({ appUrl, branding, isSignupOpen, mail, supportEmail, securityContact }: Config): MailSite => {
  const contact = supportEmail || securityContact.replace(/^mailto:/, '')
  const { replyTo } = mail
  return {
    name: branding.name,
    url: appUrl,
    isSignupOpen,
    replyTo,
    contact: replyTo === '' ? contact && `contact us: ${contact}` : 'reply to this email',
  }
}

/** The parts that the own text of an app must not change. */
const targetsOf = (parts: MailPart[]) => ({
  links: parts.flatMap((part) => (typeof part === 'object' && 'href' in part ? part.href : [])),
  codes: parts.flatMap((part) => (typeof part === 'object' && 'code' in part ? part.code : [])),
})
