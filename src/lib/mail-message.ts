/** One mail to one recipient. */
export type MailMessage = {
  /** The left half of the Message-ID. A mail that is sent again keeps it. */
  id: string
  /** A canonical address, so ASCII only. */
  to: string
  subject: string
  text: string
  html: string
}

/** The answer of the mail server. */
export type MailReceipt = { response: string }

/** `tls` is the version, like `TLSv1.3`. Undefined for a connection without TLS. */
export type TestReceipt = MailReceipt & { tls?: string }

export interface Mailer {
  /** Rejects unless the server accepted the mail. */
  send(message: MailMessage): Promise<MailReceipt>
  /** Rejects while the server cannot be used. Sends nothing. */
  probe(): Promise<void>
  /** Closes all connections. Mails that are being sent fail. */
  close(): Promise<void>
}

export type MailAddress = { name: string; address: string }

export type SmtpServer = {
  host: string
  port: number
  /** Empty without authentication. */
  user: string
  password: string
  /** `implicit`: from the first byte. `starttls`: required. `none`: only for a relay on the same machine. */
  tls: 'implicit' | 'starttls' | 'none'
}

export type Sender = {
  /** Also the envelope sender, which receives bounces. */
  from: MailAddress
  /** Empty for none. */
  replyTo: string
}
