import { toAsciiDomain } from './email-domain'

const MAX_BYTES = 254 // the longest path that SMTP carries (RFC 5321, section 4.5.3.1.3)
const MAX_TYPED_LENGTH = 1024 // UTF-16 units; a domain of emoji is shorter in ASCII

// As `type=email` in HTML, which browsers check: dots are valid anywhere before the `@`. Japanese carriers gave out such
// addresses. In addition, the domain needs a dot and is no IP address.
const DOMAIN_LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const EMAIL_PATTERN = new RegExp(
  `^[a-z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@(?:${DOMAIN_LABEL}\\.)+(?!\\d+$)${DOMAIN_LABEL}$`,
)

const isAscii = (text: string) => /^[\x21-\x7e]*$/.test(text)
const isInvisible = (text: string) => /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/u.test(text)
// UTS #46 allows joiners only where they join. Keyboards add U+FE0F to emoji.
const withoutJoiners = (domain: string) => domain.replace(/\p{Join_Control}|(?<=\p{Extended_Pictographic})\uFE0F/gu, '')

type ParsedEmail = { kind: 'ok'; email: string; canonical: string } | { kind: 'invalid'; error: string }

/** `email` is the address to store: as typed, with the domain in ASCII. Addresses with the same `canonical` are equal. */
export function parseEmail(typed: string): ParsedEmail {
  const text = trimEmail(typed)
  const at = text.lastIndexOf('@')
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
  const ascii =
    text.length > MAX_TYPED_LENGTH || isInvisible(withoutJoiners(domain)) ? undefined : toAsciiDomain(domain)
  // Without Unicode before the `@`: its case folding makes different addresses equal, and one user would receive the mail
  // of another.
  const canonical = ascii !== undefined && isAscii(local) ? `${local.toLowerCase()}@${ascii}` : ''
  if (canonical.length > MAX_BYTES || !EMAIL_PATTERN.test(canonical))
    return { kind: 'invalid', error: explain(text, local, domain, canonical) }
  return { kind: 'ok', email: `${local}@${isAscii(domain) ? domain : ascii}`, canonical }
}

export function canonicalEmail(typed: string) {
  const parsed = parseEmail(typed)
  return parsed.kind === 'ok' ? parsed.canonical : undefined
}

export function validateEmail(typed: string) {
  const parsed = parseEmail(typed)
  return parsed.kind === 'ok' ? undefined : parsed.error
}

function explain(text: string, local: string, domain: string, canonical: string) {
  if (text === '') return 'Enter your email address.'
  if (Math.max(text.length, canonical.length) > MAX_BYTES)
    return `Use an email address of at most ${MAX_BYTES} characters.`
  if (/[<>,;]/.test(text)) return 'Enter only one email address, like ann@example.com.'
  if (isInvisible(local) || (canonical === '' && isInvisible(domain)))
    return 'The email address contains a space or an invisible character. Type it again.'
  if (local === '' || domain === '') return 'Enter an email address like ann@example.com.'
  if (!isAscii(local)) return 'Use only the letters a to z, digits and common symbols before the @.'
  if (local.length > 64) return 'Use at most 64 characters before the @.'
  if (canonical === '') return 'The part after the @ is not a valid domain. Check it for typing errors.'
  return 'Enter an email address like ann@example.com.'
}

/** Without invisible characters at the ends and without `mailto:`, which links and documents add to copied text. */
function trimEmail(typed: string) {
  const trimmed = trimInvisible(typed)
  const link = /^mailto:([^?]*)/i.exec(trimmed)?.[1]
  return link === undefined ? trimmed : trimInvisible(decodeLink(link))
}

// An array: a regular expression takes seconds for a field full of spaces.
function trimInvisible(text: string) {
  const characters = [...text]
  const isKept = (character: string) => !/[\p{White_Space}\p{Default_Ignorable_Code_Point}]/u.test(character)
  return characters.slice(characters.findIndex(isKept), characters.findLastIndex(isKept) + 1).join('')
}

function decodeLink(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
