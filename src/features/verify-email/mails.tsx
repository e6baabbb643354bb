import { codeParts, type Template } from '@/ui/mail'

const verifyEmailMail: Template = (data, site) => ({
  subject: 'Confirm your email address',
  parts: [
    ...codeParts(data, `Please confirm that ${data.email} is your address. Enter this code at ${site.name}:`, {
      button: 'Confirm email address',
      href: `${site.url}/verify-email?token=${data.tokens['verify-email']}`,
    }),
    `Don’t have an account at ${site.name}? Open the link and choose “This isn’t my account”. We won’t email you about it again.`,
  ],
})

export const verifyEmailMails = { 'verify-email': verifyEmailMail }
