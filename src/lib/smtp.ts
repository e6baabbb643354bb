import { createTransport } from 'nodemailer'
import { canonicalEmail } from './email-address'
import { seconds } from './duration'
import type { Mailer, MailMessage, Sender, SmtpServer } from './mail-message'

const CONNECT_TIMEOUT = seconds(5)
const SOCKET_TIMEOUT = seconds(20)

/** Keeps up to three connections. Certificates are always checked; `NODE_EXTRA_CA_CERTS` adds a private authority. */
export function openSmtp(server: SmtpServer, sender: Sender): Mailer {
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.tls === 'implicit',
    ignoreTLS: server.tls === 'none',
    requireTLS: server.tls === 'starttls',
    auth: server.user === '' ? undefined : { user: server.user, pass: server.password },
    pool: true,
    maxConnections: 3,
    maxMessages: 100,
    connectionTimeout: CONNECT_TIMEOUT,
    greetingTimeout: CONNECT_TIMEOUT,
    dnsTimeout: CONNECT_TIMEOUT,
    socketTimeout: SOCKET_TIMEOUT,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(message) {
      const { response } = await transport.sendMail(toNodemailer(message, sender))
      return { response }
    },
    probe: async () => void (await transport.verify()),
    close: async () => transport.close(),
  }
}

/** The bytes of the mail, as a server would store them. */
export async function toEml(message: MailMessage, sender: Sender): Promise<Uint8Array> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  const { message: bytes } = await transport.sendMail(toNodemailer(message, sender))
  if (!Buffer.isBuffer(bytes)) throw new Error('mail failed: no bytes')
  return bytes
}

function toNodemailer({ id, to, subject, text, html }: MailMessage, { from, replyTo }: Sender) {
  // nodemailer drops NUL and zero-width characters of an address, so the mail could go to another one.
  if (canonicalEmail(to) !== to) throw new Error('mail failed: the recipient is not a canonical address')
  return {
    envelope: { from: from.address, to: [to] },
    from,
    to: { name: '', address: to },
    replyTo: replyTo === '' ? undefined : { name: '', address: replyTo },
    subject,
    messageId: `<${id}@${from.address.split('@').at(-1)}>`,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834
      'X-Auto-Response-Suppress': 'All',
      'X-Entity-Ref-ID': id, // so that mail programs do not group two codes into one thread
    },
    text: { content: text },
    html: { content: html },
    textEncoding: 'quoted-printable' as const,
  }
}
