import { canonicalEmail } from '@/lib/email-address'
import { isLoopbackHost } from '@/lib/ip-address'
import type { Sender, SmtpServer } from '@/lib/mail-message'

/** How mail leaves the process. `mailbox`: as files for developers. */
export type MailTransport = { kind: 'off' } | { kind: 'mailbox' } | ({ kind: 'smtp' } & SmtpServer)

export type MailConfig = Sender & { transport: MailTransport }

type Settings = { url: string; from: string; replyTo: string; siteName: string; production: boolean }

const MAX_NAME_LENGTH = 64 // a line of a mail has at most 998 bytes, and nodemailer folds no word

const SCHEMES = new Map([
  ['smtp:', 587],
  ['smtps:', 465],
])

/** Reports errors as whole sentences. None contains the password. */
export function parseMail(settings: Settings, report: (error: string) => void): MailConfig {
  const transport = parseTransport(settings, report)
  return { transport, from: parseFrom(settings, transport, report), replyTo: parseReplyTo(settings.replyTo, report) }
}

function parseTransport({ url, production }: Settings, report: (error: string) => void): MailTransport {
  const refuse = (error: string): MailTransport => {
    report(error)
    return { kind: 'off' }
  }
  if (url === 'off') return { kind: 'off' }
  if (url === 'mailbox:') return production ? refuse('MAIL_URL=mailbox: is for development only') : { kind: 'mailbox' }
  const parsed = URL.parse(url)
  const defaultPort = SCHEMES.get(parsed?.protocol ?? '')
  if (!parsed || defaultPort === undefined || !url.includes('://'))
    return refuse('MAIL_URL must start with smtp:, smtps: or mailbox:, or be off')
  // Options such as `?rejectUnauthorized=false` would switch off the check of certificates.
  if (parsed.search || parsed.hash) return refuse('MAIL_URL must not have a query string')
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') return refuse('MAIL_URL must name a host, like smtp://mail.example.com:587')
  if (parsed.pathname.length > 1) return refuse('MAIL_URL must not have a path')
  const [user, password] = [decode(parsed.username), decode(parsed.password)]
  if (user === undefined || password === undefined)
    return refuse('MAIL_URL must have its user and password percent-encoded')
  const isImplicit = parsed.protocol === 'smtps:'
  return {
    kind: 'smtp',
    host,
    port: Number(parsed.port) || defaultPort,
    user,
    password,
    // A relay on the same machine often has a certificate that nothing can check. Its connection leaves no machine.
    tls: isImplicit ? 'implicit' : isLoopbackHost(parsed.hostname) ? 'none' : 'starttls',
  }
}

function decode(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function parseFrom({ from, siteName }: Settings, transport: MailTransport, report: (error: string) => void) {
  const fallback = { name: siteName, address: 'no-reply@localhost' }
  if (from === '') {
    if (transport.kind === 'smtp') report('MAIL_FROM must be set when MAIL_URL is smtp: or smtps:')
    return fallback
  }
  const [, name = '', bracketed] = /^(?:"?([^"<>\p{C}]*?)"?\s*)<([^<>]+)>$/u.exec(from) ?? []
  const address = canonicalEmail(bracketed ?? from)
  if (name.length > MAX_NAME_LENGTH) report(`MAIL_FROM must have a name of at most ${MAX_NAME_LENGTH} characters`)
  if (address !== undefined) return { name: name || siteName, address }
  report('MAIL_FROM must be an address, or a name and an address, like App <no-reply@example.com>')
  return fallback
}

function parseReplyTo(text: string, report: (error: string) => void) {
  const address = text === '' ? '' : canonicalEmail(text)
  if (address === undefined) report('MAIL_REPLY_TO must be an email address, like help@example.com')
  return address ?? ''
}
