import type { Mailer, MailMessage } from '@/lib/mail-message'

/** A mail server in memory. */
export function createTestMailbox() {
  let failure: unknown
  const mails: MailMessage[] = []
  const answer = () => (failure === undefined ? Promise.resolve() : Promise.reject(failure))
  const mailer: Mailer = {
    async send(message) {
      await answer()
      mails.push(message)
      return { response: '250 OK' }
    },
    probe: answer,
    close: () => Promise.resolve(),
  }
  return {
    mailer,
    /** Oldest first. */
    mails,
    /** From now on each mail and each probe fails with this error; without one, they succeed. */
    failWith: (error?: unknown) => void (failure = error),
  }
}

const smtpError = (message: string, fields: object) => Object.assign(new Error(message), fields)
const answer = (command: string, code: string, response: string) =>
  smtpError(`refused: ${response}`, { code, command, response, responseCode: Number(response.slice(0, 3)) })

/** As nodemailer reports them. */
export const smtpErrors = {
  noMailbox: answer('RCPT TO', 'EENVELOPE', '550 5.1.1 <ann@example.test>: Recipient address rejected'),
  mailboxFull: answer('RCPT TO', 'EENVELOPE', '452 4.2.2 <ann@example.test>: Mailbox full'),
  policy: answer('DATA', 'EMESSAGE', '554 5.7.1 Spam message rejected'),
  senderRefused: answer('MAIL FROM', 'EENVELOPE', '553 5.7.1 Sender address rejected'),
  refused: smtpError('connect ECONNREFUSED 127.0.0.1:25', {
    code: 'ESOCKET',
    originalCode: 'ECONNREFUSED',
    command: 'CONN',
  }),
  cut: smtpError('Connection closed unexpectedly', { code: 'ECONNECTION', command: 'CONN' }),
  bug: new TypeError('mail.subject is not a function'),
}
