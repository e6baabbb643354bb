import { dateOf, type Template } from '@/ui/mail-content'

const signUpMail: Template = (data, site) => ({
  subject: 'Confirm your email address',
  isRequested: true,
  parts: [
    `You’re one step away from your ${site.name} account. Enter this code where you signed up:`,
    { code: data.code ?? '' },
    'Or use this link, on any device:',
    { button: 'Confirm email address', href: `${site.url}/verify-email?token=${data.tokens['sign-up']}` },
    'The code works for 30 minutes, the link for 24 hours.',
    'Didn’t sign up? Ignore this email, and no account will be created.',
  ],
})

const existingAccountMail: Template = ({ details }, site) => ({
  subject: 'You already have an account',
  isRequested: true,
  parts: [
    `Someone, possibly you, tried to sign up at ${site.name} with this address. It already has an account.`,
    { button: 'Log in', href: `${site.url}/login` },
    { link: 'Forgot your password?', href: `${site.url}/forgot-password` },
    ...(details.until === undefined
      ? []
      : [`This account will be deleted on ${dateOf(details.until)}. Log in to keep it.`]),
    'If this wasn’t you, ignore this email. Your account has not changed.',
  ],
})

export const signUpMails = { 'sign-up': signUpMail, 'sign-up-existing-account': existingAccountMail }
