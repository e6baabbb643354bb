import type { Deps } from '@/deps/deps'
import type { Mailer, MailMessage } from '@/lib/mail-message'

/** A mail server in memory. */
export function createTestMailbox() {
  let [failure, refusal]: unknown[] = []
  const cutMails = new Set<string>()
  const mails: MailMessage[] = []
  const answer = () => (failure === undefined ? Promise.resolve() : Promise.reject(failure))
  const mailer: Mailer = {
    async send(message) {
      await answer()
      if (refusal !== undefined) throw refusal
      mails.push(message)
      if (cutMails.has(message.id)) throw smtpErrors.cut
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
    /** From now on each mail fails with this error, and probes succeed. */
    refuseWith: (error?: unknown) => void (refusal = error),
    /** The connection ends after this mail has arrived and before the server answers. */
    cutAfter: (mailId: string) => void cutMails.add(mailId),
  }
}

/** Deletes the mails of the preparation, so that a test sees only those of its own steps. */
export const emptyOutbox = ({ deps }: { deps: Pick<Deps, 'db'> }) => deps.db.deleteFrom('mails').execute()

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
