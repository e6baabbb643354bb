import type { Config } from '@/config/env'
import { openDevMailbox } from '@/lib/dev-mailbox'
import type { Mailer } from '@/lib/mail-message'
import { openSmtp } from '@/lib/smtp'

export type { Mailer }

const OFF: Mailer = {
  send: () => Promise.reject(new Error('mail failed: MAIL_URL is off')),
  probe: () => Promise.reject(new Error('mail failed: MAIL_URL is off')),
  close: () => Promise.resolve(),
}

export function openMailer({ mail }: Pick<Config, 'mail'>, now: () => number): Mailer {
  if (mail.transport.kind === 'off') return OFF
  return mail.transport.kind === 'mailbox' ? openDevMailbox(mail, now) : openSmtp(mail.transport, mail)
}
