import { readableEmail } from '@/lib/email-domain'
import { Html } from './html'

/** The address of another user. Also shows the ASCII form, because letters of two alphabets can look the same. */
export const EmailOfUser = ({ email }: { email: string }) => {
  const readable = readableEmail(email)
  return (
    <>
      <bdi safe>{readable}</bdi>
      {readable === email ? null : <small safe>{` (${email})`}</small>}
    </>
  )
}

/**
 * For `type=email`: Chromium replaces these four characters there, so that `straße.example` becomes `strasse.example`,
 * which is another domain. It shows the readable form of an ASCII domain itself.
 */
export function emailFieldValue(email: string) {
  const readable = readableEmail(email)
  return /[ßς\u200C\u200D]/.test(readable) ? email : readable
}
