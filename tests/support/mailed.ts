import type { Site } from './site'

type Mailbox = Pick<Site, 'deliverMail' | 'mailbox'>

/** Runs the mail job and returns the newest mail. */
export async function newestMail({ deliverMail, mailbox }: Mailbox) {
  await deliverMail()
  const mail = mailbox.mails.at(-1)
  if (!mail) throw new Error('no mail was sent')
  return mail
}

/** The path of the link with a token. Empty if the mail has none. */
export const linkIn = ({ text }: { text: string }) =>
  /http\S+\?token=[\w-]{43}/.exec(text)?.[0].replace(/^\w+:\/\/[^/]+/, '') ?? ''

/** As the mail shows it: `1234 5678`. Empty if the mail has none. */
export const codeIn = ({ text }: { text: string }) => /^\d{4} \d{4}$/m.exec(text)?.[0] ?? ''

/** 8 digits that are not the code. */
export const otherCode = (code: string) => code.replace(/\d/g, (digit) => `${(Number(digit) + 1) % 10}`)
