import { domainToASCII, domainToUnicode } from 'node:url'

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

/**
 * The ASCII form: `xn--bcher-kva.example` for `Bücher.example`. Undefined for an invalid domain, and for an ASCII domain
 * that would change: `0x7f.1` becomes an IP address.
 */
export function toAsciiDomain(domain: string) {
  // `domainToASCII` decodes `%`, drops tabs and line breaks, and ignores all text after `/`, `?` or `#`.
  if (!/^[a-z0-9.\-\u0080-\u{10FFFF}]+$/iu.test(domain)) return undefined
  const ascii = domainToASCII(domain)
  return ascii === '' || (isAscii(domain) && ascii !== domain.toLowerCase()) ? undefined : ascii
}

/** `ann@bücher.example` for `ann@xn--bcher-kva.example`. For comparisons only: it may imitate another address. */
export const toUnicodeEmail = (email: string) => mapDomain(email, (domain) => domainToUnicode(domain) || domain)

/** As `toUnicodeEmail`, but a label that may imitate another one keeps its ASCII form. */
export const readableEmail = (email: string) => mapDomain(email, readableDomain)

function mapDomain(email: string, map: (domain: string) => string) {
  const start = email.lastIndexOf('@') + 1
  const domain = email.slice(start)
  return /(^|\.)xn--/i.test(domain) ? email.slice(0, start) + map(domain) : email
}

function readableDomain(domain: string) {
  const unicode = domainToUnicode(domain)
  if (toAsciiDomain(unicode) !== domain.toLowerCase()) return domain
  const labels = unicode.split('.')
  return domain
    .split('.')
    .map((ascii, i) => (isReadable(labels[i] ?? '') ? labels[i] : ascii))
    .join('.')
}

const isReadable = (label: string) =>
  isAscii(label) || (LETTERS.test(label) && !LATIN_LOOK_ALIKE.test(label) && SCRIPTS.some((one) => one.test(label)))

// Without symbols: U+2215 looks like a slash. The two joiners are valid only where they join (UTS #46).
const LETTERS = /^[\p{L}\p{M}\p{Nd}\p{Join_Control}-]+$/u

// Cyrillic and Greek labels of these letters alone look like Latin ones.
const LATIN_LOOK_ALIKE = /^[асԁеһіјӏорԛѕԝхуъьҽпгѵѡαικνορτυω\d-]+$/

// One script for each label. Japanese and Korean use several. Only the recommended scripts of UAX #31, table 5.
const SCRIPTS = `Arabic, Armenian, Bengali, Cyrillic, Devanagari, Ethiopic, Georgian, Greek, Gujarati, Gurmukhi, Hebrew,
Kannada, Khmer, Lao, Latin, Malayalam, Myanmar, Oriya, Sinhala, Tamil, Telugu, Thaana, Thai, Tibetan,
Han Hiragana Katakana, Han Hangul, Han Bopomofo`
  .split(/,\s/)
  .map((scripts) => {
    const allowed = `${scripts} Common Inherited`
      .replace(/\w+/g, String.raw`\p{Script_Extensions=$&}`)
      .replaceAll(' ', '')
    return new RegExp(`^[${allowed}]+$`, 'u')
  })
