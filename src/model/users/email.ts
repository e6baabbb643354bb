const MAX_BYTES = 254 // the longest path that SMTP carries (RFC 5321, section 4.5.3.1.3)

// A dot-atom and a domain of two labels or more: what mail on the open internet uses (RFC 5321; no quoting, no literals).
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const DOMAIN_LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const EMAIL_PATTERN = new RegExp(`^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${DOMAIN_LABEL}\\.)+(?!\\d+$)${DOMAIN_LABEL}$`)

/** The address without the spaces around it, as it was typed otherwise. */
export function trimEmail(email: string) {
  const isSpace = (sign: string | undefined) => sign === ' ' || sign === '\t'
  let [start, end] = [0, email.length]
  while (start < end && isSpace(email[start])) start++
  while (end > start && isSpace(email[end - 1])) end--
  return email.slice(start, end) // by hand, for as a pattern it takes seconds over a form full of spaces
}

/**
 * The one form in which addresses are compared, or undefined for what is no address here. Only ASCII gets so far:
 * folding wider alphabets makes strangers equal (`K` the Kelvin sign becomes `k`), and their mail goes to one of them.
 */
export function canonicalEmail(email: string) {
  const trimmed = trimEmail(email)
  if (trimmed.length > MAX_BYTES || !/^[\x21-\x7e]+$/.test(trimmed)) return undefined
  const canonical = trimmed.toLowerCase()
  return EMAIL_PATTERN.test(canonical) ? canonical : undefined
}

/** What is wrong with a proposed address, in words for the form, or undefined. */
export function validateEmail(email: string) {
  const trimmed = trimEmail(email)
  if (trimmed === '') return 'Enter your email address.'
  if (trimmed.length > MAX_BYTES) return `Use an email address of at most ${MAX_BYTES} characters.`
  if (/[^\x20-\x7e]/.test(trimmed))
    return 'Use only the letters a to z, digits and common symbols in the email address.'
  if (!canonicalEmail(trimmed)) return 'Enter an email address like ann@example.com.'
}
