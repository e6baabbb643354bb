import { days } from '@/lib/duration'
import { readConfig } from '@/config/env'
import { renderMail } from '@/mail-templates'
import type { MailData, MailTemplate } from '@/model/mails/mail-data'

/** The compiler checks that the list is complete. */
const all: Record<MailTemplate, 0> = {
  test: 0,
  'sign-up': 0,
  'sign-up-existing-account': 0,
  'verify-email': 0,
  'reset-password': 0,
  'reset-no-account': 0,
  'reset-deactivated': 0,
  'reset-email-changed': 0,
  'login-code': 0,
  'login-no-account': 0,
  'confirm-new-email': 0,
  'new-email-in-use': 0,
  'email-change-requested': 0,
  'email-changed-old': 0,
  'email-changed-new': 0,
  'new-device': 0,
  'password-changed': 0,
  'token-created': 0,
  'remember-token-reused': 0,
  'account-locked': 0,
  'account-secured': 0,
  'changed-by-admin': 0,
  'notification-muted': 0,
  'data-exported': 0,
  'deletion-requested': 0,
  'deletion-reminder': 0,
  'deletion-cancelled': 0,
  'account-deleted': 0,
  'factor-added': 0,
  'factor-removed': 0,
  'two-step-enabled': 0,
  'two-step-disabled': 0,
  'recovery-codes-created': 0,
  'recovery-code-used': 0,
  'codes-locked': 0,
  'password-used': 0,
  'passkey-flagged': 0,
  'factors-reset': 0,
  'factor-reset-requested': 0,
  'factor-reset-waiting': 0,
  'factor-reset-due': 0,
}

export const mailTemplates = Object.keys(all) as MailTemplate[]

export const mailConfig = (env: Record<string, string> = {}) =>
  readConfig({ APP_URL: 'https://app.example.test', MAIL_URL: 'mailbox:', ...env })

const TOKEN = 'VNn0CSvXyyfZ5l8j2IpSC4cyWPRbkHHQTr3S1Z4xQvo'

export const mailData: MailData = {
  email: 'ann@example.test',
  details: {
    at: Date.parse('2030-01-01T12:00:00Z'),
    browser: 'Firefox on Linux',
    ip: '203.0.113.…',
    until: Date.parse('2030-01-15T12:00:00Z'),
    count: 7,
    factor: 'passkey',
    left: 3,
    wait: days(3),
    by: 'administrator',
    hasPassword: true,
    change: { kind: 'role-changed', role: 'support' },
  },
  tokens: {
    'sign-up': TOKEN,
    'verify-email': TOKEN,
    'change-email': TOKEN,
    'reset-password': TOKEN,
    'secure-account': TOKEN,
    'login-code': TOKEN,
    'factor-reset-confirm': TOKEN,
    'factor-reset-finish': TOKEN,
  },
  code: '12345678',
}

export const renderSample = (template: MailTemplate, env?: Record<string, string>) =>
  renderMail(mailConfig(env), template, mailData)
