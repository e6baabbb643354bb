import { isIP } from 'node:net'
import { canonicalEmail } from './email-address'
import { seconds } from './duration'
import { maskEmails } from './mask-email'
import type { MailAddress, Mailer, MailMessage, Sender, SmtpServer, TestReceipt } from './mail-message'

const TIMEOUTS = {
  connect: seconds(5), // from the DNS lookup to the end of STARTTLS
  socket: seconds(20),
  send: seconds(30), // a server that answers one byte at a time never reaches the other two
}

// Loaded with the first mail: nodemailer takes 0.3 s and 20 MB.
const loadNodemailer = () => import('nodemailer')
const loadConnection = async () => (await import('nodemailer/lib/smtp-connection')).default

/** Keeps up to three connections. Certificates are always checked; `NODE_EXTRA_CA_CERTS` adds a private authority. */
export function openSmtp(server: SmtpServer, sender: Sender, timeouts = TIMEOUTS): Mailer {
  const loadTransport = async () =>
    (await loadNodemailer()).createTransport({
      ...connectionOptions(server, sender, timeouts),
      pool: true,
      maxConnections: 3,
      maxMessages: 100,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  let loading: ReturnType<typeof loadTransport> | undefined
  const transport = () => (loading ??= loadTransport())
  return {
    async send(message) {
      const mail = toNodemailer(message, sender)
      const signal = AbortSignal.timeout(timeouts.send)
      const { response } = await (await transport()).sendMail({ ...mail, signal })
      return { response }
    },
    probe: async () => void (await (await transport()).verify()),
    close: async () => (await loading)?.close({ force: true }),
  }
}

/** Sends over a connection of its own. The pool above hides which version of TLS its connections have. */
export async function sendOnce(server: SmtpServer, sender: Sender, message: MailMessage): Promise<TestReceipt> {
  const { envelope } = toNodemailer(message, sender)
  const bytes = Buffer.from(await toEml(message, sender))
  const Connection = await loadConnection()
  const connection = new Connection(connectionOptions(server, sender, TIMEOUTS))
  const { promise, resolve, reject } = Promise.withResolvers<TestReceipt>()
  const unless = (next: () => void) => (error?: unknown) => (error ? reject(error) : next())
  const send = () =>
    connection.send(envelope, bytes, (error, info) =>
      error ? reject(error) : resolve({ response: info?.response ?? '', tls: tlsOf(connection) }),
    )
  const isAnonymous = () => server.user === '' || !connection.allowsAuth // as the pool decides
  const logIn = () => connection.login({ credentials: { user: server.user, pass: server.password } }, unless(send))
  connection.on('error', reject)
  connection.connect(unless(() => (isAnonymous() ? send() : logIn())))
  return promise.finally(() => connection.close())
}

function tlsOf(connection: object) {
  const socket: unknown = Reflect.get(connection, '_socket') // STARTTLS replaces the socket, and no public field has it
  const isSecure = typeof socket === 'object' && socket !== null && 'getProtocol' in socket
  return isSecure && typeof socket.getProtocol === 'function' ? String(socket.getProtocol()) : undefined
}

const connectionOptions = (
  { host, port, user, password, tls }: SmtpServer,
  { from }: Sender,
  timeouts: typeof TIMEOUTS,
) => ({
  // nodemailer asks DNS servers before the hosts file, and a false answer for `localhost` would receive the password.
  host: tls === 'none' && isIP(host) === 0 ? '127.0.0.1' : host,
  port,
  // For EHLO. The default is `[127.0.0.1]` in most containers, which relays of Google refuse.
  name: domainOf(from),
  secure: tls === 'implicit',
  ignoreTLS: tls === 'none',
  requireTLS: tls === 'starttls',
  auth: user === '' ? undefined : { user, pass: password },
  connectionTimeout: timeouts.connect,
  greetingTimeout: timeouts.connect,
  dnsTimeout: timeouts.connect,
  socketTimeout: timeouts.socket,
})

/** The bytes of the mail, as a server would store them. */
export async function toEml(message: MailMessage, sender: Sender): Promise<Uint8Array> {
  const mail = toNodemailer(message, sender)
  const { createTransport } = await loadNodemailer()
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  const { message: bytes } = await transport.sendMail(mail)
  if (!Buffer.isBuffer(bytes)) throw new Error('mail failed: no bytes')
  return bytes
}

const domainOf = ({ address }: MailAddress) => address.slice(address.lastIndexOf('@') + 1)

function toNodemailer({ id, to, subject, text, html }: MailMessage, { from, replyTo }: Sender) {
  // nodemailer drops NUL and zero-width characters of an address, so the mail could go to another one.
  if (canonicalEmail(to) !== to) throw new Error('mail failed: the recipient is not a canonical address')
  return {
    envelope: { from: from.address, to: [to] },
    from,
    to: { name: '', address: to },
    replyTo: replyTo === '' ? undefined : { name: '', address: replyTo },
    subject,
    messageId: `<${id}@${domainOf(from)}>`,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834
      'X-Auto-Response-Suppress': 'All',
      'X-Entity-Ref-ID': id, // so that mail programs do not group two codes into one thread
    },
    text: { content: text, contentTransferEncoding: 'quoted-printable' as const },
    html: { content: html, contentTransferEncoding: 'quoted-printable' as const },
  }
}

// ----------------------------------------------------------------------------------------------------------- errors

/** `rejected`: the mailbox does not exist. `later`: try this mail again. `server`: no mail can be sent. */
export type MailOutcome = 'rejected' | 'later' | 'server' | 'unknown'

const SERVER_ERRORS = 'EAUTH ETLS EPROTOCOL ESOCKET ECONNECTION ETIMEDOUT EDNS ESTREAM EABORT'.split(' ')
// Postfix answers with these to RCPT TO if it refuses the client, the sender or relaying (`smtpd_delay_reject`). Such mails
// must not be lost, and their recipients exist. RFC 3463: bad sender, protocol, policy.
const NOT_THE_RECIPIENT = /^5\d\d[ -]5\.(1\.[78]|5\.|7\.)/
const POOL_CLOSED = 'Connection pool was closed' // nodemailer gives this error no code

export function outcomeOf(error: unknown): MailOutcome {
  const [code, command, response] = ['code', 'command', 'response'].map((name) => fieldOf(error, name))
  if (SERVER_ERRORS.includes(code ?? '') || fieldOf(error, 'message') === POOL_CLOSED) return 'server'
  if (command === 'API') return 'unknown' // nodemailer refused the mail itself
  if (code === 'EMESSAGE') return 'later'
  if (code !== 'EENVELOPE') return 'unknown'
  if (command === 'MAIL FROM') return 'server'
  const isFinal = command === 'RCPT TO' && response?.startsWith('5') && !NOT_THE_RECIPIENT.test(response)
  return isFinal ? 'rejected' : 'later'
}

/** At most 20 characters, like `550` or `ECONNREFUSED`. */
export function codeOf(error: unknown) {
  const names = ['responseCode', 'originalCode', 'code', 'name'].map((name) => fieldOf(error, name))
  const code = names.find((name) => name !== '') ?? 'unknown'
  return (code === 'EABORT' ? 'ETIMEDOUT' : code).slice(0, 20) // only the time limit of `send` aborts
}

const MAX_TEXT_LENGTH = 200
const MAX_MASKED_LENGTH = 1000 // the pattern below takes quadratic time, and an answer may have 1 MB

/** For the log: what the server said, with masked addresses. The error itself has the address in several fields. */
export function serverTextOf(error: unknown, recipient = '') {
  const text = (fieldOf(error, 'response') || fieldOf(error, 'message')).replace(/[\s\p{C}]+/gu, ' ').trim()
  // A cut address has no `@`.
  const whole = text.length > MAX_MASKED_LENGTH ? text.slice(0, MAX_MASKED_LENGTH).replace(/\S*$/, '') : text
  const [local = ''] = recipient.split('@')
  // Some servers repeat only the part before the @.
  const isLocal = local === '' ? /(?!)/ : new RegExp(`(?<!\\w)${RegExp.escape(local)}(?!\\w)`, 'gi')
  return maskEmails(whole).replace(isLocal, '…').slice(0, MAX_TEXT_LENGTH)
}

function fieldOf(error: unknown, name: string) {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : ''
}
