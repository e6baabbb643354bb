import { codeParts, type Template } from '@/ui/mail-content'

const verifyEmailMail: Template = (data, site) => {
  const button = {
    button: 'Confirm email address',
    href: `${site.url}/verify-email?token=${data.tokens['verify-email']}`,
  }
  const request = `Please confirm that ${data.email} is your address.`
  return {
    subject: 'Confirm your email address',
    parts: [
      ...(data.code === undefined
        ? [request, button, 'The link works for 24 hours.']
        : codeParts(data, `${request} Enter this code at ${site.name}:`, button)),
      `Don’t have an account at ${site.name}? Open the link and choose “This isn’t my account”. We won’t email you about it again.`,
    ],
  }
}

export const verifyEmailMails = { 'verify-email': verifyEmailMail }
