import type { Config } from '@/config/env'
import { openDevMailbox } from '@/lib/dev-mailbox'
import type { Log } from '@/lib/log'
import type { Mailer, MailMessage, TestReceipt } from '@/lib/mail-message'
import { openSmtp, sendOnce } from '@/lib/smtp'

export type { Mailer }

type MailerOptions = { config: Pick<Config, 'mail' | 'appUrl'>; now: () => number; log: Log; folder?: string }

const OFF: Mailer = {
  send: () => Promise.reject(new Error('mail failed: MAIL_URL is off')),
  probe: () => Promise.reject(new Error('mail failed: MAIL_URL is off')),
  close: () => Promise.resolve(),
}

export function openMailer({ config: { mail, appUrl }, now, log, folder }: MailerOptions): Mailer {
  if (mail.transport.kind === 'off') return OFF
  if (mail.transport.kind === 'smtp') return openSmtp(mail.transport, mail)
  const onMail = ({ id, to }: MailMessage) => log.info({}, `mail for ${to}: ${appUrl}/dev/mailbox/${id}`)
  return openDevMailbox({ sender: mail, now, onMail, folder })
}

type TestDeps = { config: Pick<Config, 'mail'>; mailer: Mailer }

/** Sends past the queue, over a connection of its own, and reports what the mail server answered. */
export const sendTestMail = ({ config: { mail }, mailer }: TestDeps, message: MailMessage): Promise<TestReceipt> =>
  mail.transport.kind === 'smtp' ? sendOnce(mail.transport, mail, message) : mailer.send(message)
