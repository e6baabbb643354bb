import { expect, test } from 'bun:test'
import { renderMail } from '@/mail-templates'
import type { AdminChange, MailTemplate } from '@/model/mails/mail-data'
import { mailConfig, mailData } from '../support/mail-samples'

const SECURE = `https://app.example.test/secure-account?token=${mailData.tokens['secure-account']}`
const RESET = `https://app.example.test/reset-password?token=${mailData.tokens['reset-password']}`
const DETAILS = 'When: Jan 1, 2030, 12:00 PM UTC Browser: Firefox on Linux IP address: 203.0.113.…'
const NOT_ME = `This wasn’t me: ${SECURE}`

/** Subject and text, without the footer and on one line. */
function read(template: MailTemplate, change?: AdminChange) {
  const details = { ...mailData.details, count: undefined, change }
  const { subject, text } = renderMail(mailConfig({ APP_NAME: 'Acme' }), template, { ...mailData, details })
  const [body = ''] = text.split('\n-- \n')
  return [
    subject,
    ...body
      .trim()
      .replaceAll(/[ \n]+/g, ' ')
      .split(` ${DETAILS}`),
  ]
}

/** `after` the details; undefined for a mail without details. */
const TEXTS: [template: MailTemplate, words: { subject: string; before: string; after?: string }][] = [
  [
    'new-device',
    {
      subject: 'New login to your account',
      before: 'Someone logged in to your Acme account from a browser you haven’t used before.',
      after: ` ${NOT_ME} If it was you, you don’t need to do anything. Turn these emails off in your settings: https://app.example.test/settings/notifications`,
    },
  ],
  [
    'password-changed',
    {
      subject: 'Your password was changed',
      before: 'The password of your Acme account was changed, and all other sessions were logged out.',
      after: ` ${NOT_ME}`,
    },
  ],
  [
    'token-created',
    {
      subject: 'New API token',
      before: 'An API token was created for your Acme account. Programs can use it to act for you.',
      after: ` Review your tokens: https://app.example.test/settings/tokens ${NOT_ME}`,
    },
  ],
  [
    'remember-token-reused',
    {
      subject: 'Your login may have been copied',
      before:
        'The “Remember me” login of one of your devices was used twice, so someone may have copied it. We logged that device out.',
      after: ` Secure my account: ${SECURE}`,
    },
  ],
  [
    'account-locked',
    {
      subject: 'Your account is locked',
      before: `Someone entered 100 wrong passwords in a row. Until you choose a new password, you can log in only from browsers you have used before. Choose a new password: ${RESET} The link works for 30 minutes. After that, use “Forgot your password?” on the login page.`,
    },
  ],
  [
    'data-exported',
    {
      subject: 'Your data was downloaded',
      before: 'Someone with access to your Acme account downloaded its data.',
      after: ` ${NOT_ME}`,
    },
  ],
  [
    'notification-muted',
    {
      subject: 'New-login emails are off',
      before: 'You won’t get an email any more when someone logs in from a new browser.',
      after: ` ${NOT_ME}`,
    },
  ],
  [
    'deletion-requested',
    {
      subject: 'Your account will be deleted',
      before:
        'Your Acme account and everything in it will be deleted on Jan 15, 2030. To keep it, log in before then. Keep my account: https://app.example.test/login',
      after: ` ${NOT_ME}`,
    },
  ],
  [
    'deletion-reminder',
    {
      subject: 'Your account will be deleted in 14 days',
      before: `Your Acme account and everything in it will be deleted on Jan 15, 2030. To keep it, log in before then. Keep my account: https://app.example.test/login ${NOT_ME}`,
    },
  ],
  [
    'deletion-cancelled',
    {
      subject: 'Your account will not be deleted',
      before: 'The deletion of your Acme account was cancelled.',
      after: ` ${NOT_ME}`,
    },
  ],
]

test.each(TEXTS)('the %s mail has its subject and its words', (template, { subject, before, after }) => {
  expect(read(template)).toEqual([subject, before, ...(after === undefined ? [] : [after])])
})

const CHANGES: [change: AdminChange, text: string][] = [
  [{ kind: 'role-changed', role: 'admin' }, 'Your role is now admin.'],
  [{ kind: 'user-deactivated' }, 'Your account was deactivated.'],
  [{ kind: 'user-activated' }, 'Your account was reactivated.'],
  [{ kind: 'sessions-revoked' }, 'All your sessions were logged out.'],
  [{ kind: 'email-changed' }, 'Your email address was changed.'],
  [{ kind: 'email-verified' }, 'Your email address was marked as confirmed.'],
  [{ kind: 'password-changed' }, 'Your password was changed.'],
]

test.each(CHANGES)('a mail about %j by an admin says: %s', (change, text) => {
  expect(read('changed-by-admin', change)).toEqual(['An administrator changed your account', text, ''])
})
