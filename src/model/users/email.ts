const MAX_BYTES = 254 // the longest path that SMTP carries (RFC 5321, section 4.5.3.1.3)

// RFC 5321 without quoted strings and address literals, which mail on the internet does not use.
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const DOMAIN_LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const EMAIL_PATTERN = new RegExp(`^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${DOMAIN_LABEL}\\.)+(?!\\d+$)${DOMAIN_LABEL}$`)

// A loop: a regular expression takes seconds for a field full of spaces.
export function trimEmail(email: string) {
  const isSpace = (character: string | undefined) => character === ' ' || character === '\t'
  let [start, end] = [0, email.length]
  while (start < end && isSpace(email[start])) start++
  while (end > start && isSpace(email[end - 1])) end--
  return email.slice(start, end)
}

/** ASCII only: Unicode case folding makes different addresses equal, and one user would receive the mail of another. */
export function canonicalEmail(email: string) {
  const trimmed = trimEmail(email)
  if (trimmed.length > MAX_BYTES || !/^[\x21-\x7e]+$/.test(trimmed)) return undefined
  const canonical = trimmed.toLowerCase()
  return EMAIL_PATTERN.test(canonical) ? canonical : undefined
}

export function validateEmail(email: string) {
  const trimmed = trimEmail(email)
  if (trimmed === '') return 'Enter your email address.'
  if (trimmed.length > MAX_BYTES) return `Use an email address of at most ${MAX_BYTES} characters.`
  if (/[^\x20-\x7e]/.test(trimmed))
    return 'Use only the letters a to z, digits and common symbols in the email address.'
  if (!canonicalEmail(trimmed)) return 'Enter an email address like ann@example.com.'
}
