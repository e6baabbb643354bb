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
