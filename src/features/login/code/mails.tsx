import type { Template } from '@/ui/mail-content'

const loginCodeMail: Template = ({ code = '', tokens, details }, site) => ({
  subject: `Your login code for ${site.name}`,
  parts: [
    'Enter this code in the browser where you want to log in:',
    { code },
    { link: 'Or use this link there', href: `${site.url}/login/code?token=${tokens['login-code']}` },
    'It works for 10 minutes, in that browser only.',
    'Never share this code.',
    { details },
  ],
})

const loginNoAccountMail: Template = (_, site) => ({
  subject: 'No account with this address',
  isRequested: true,
  parts: [
    `Someone, possibly you, tried to log in at ${site.name} with this address. There is no account with it. You may have signed up with a different address.`,
    ...(site.isSignupOpen ? [{ button: 'Sign up', href: `${site.url}/signup` }] : []),
    'If this wasn’t you, ignore this email.',
  ],
})

export const loginCodeMails = { 'login-code': loginCodeMail, 'login-no-account': loginNoAccountMail }
