import { expect, test } from 'bun:test'
import { readableEmail, toAsciiDomain, toUnicodeEmail } from '@/lib/email-domain'

test.each([
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.Example', 'xn--bcher-kva.example'],
  ['bu\u0308cher.example', 'xn--bcher-kva.example'],
  ['straße.example', 'xn--strae-oqa.example'],
  ['日本語。example', 'xn--wgv71a119e.example'],
  ['日本語．example', 'xn--wgv71a119e.example'],
  ['ｅｘａｍｐｌｅ.test', 'example.test'],
  ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
  ['نامه\u200Cای.example', 'xn--mgba3gch31f060k.example'],
  ['i❤\uFE0F.example', 'xn--i-7iq.example'],
  ['Example.TEST', 'example.test'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['ab--c.test', 'ab--c.test'],
])('the domain %j becomes %s in ASCII', (domain, ascii) => {
  expect(toAsciiDomain(domain)).toBe(ascii)
  expect(toAsciiDomain(ascii)).toBe(ascii)
})

test.each([
  ['an IP address in hexadecimal', '0x7f.1'],
  ['a short IP address', '127.1'],
  ['a number at the end', 'example.0x1'],
  ['an invalid A-label', 'xn--a.example'],
  ['an empty A-label', 'xn--.example'],
  ['an A-label of ASCII letters', 'xn--abc-.example'],
  ['an A-label of an upper-case letter', 'xn--bCher-Kva-.example'],
  ['an A-label in a domain with other letters', 'bücher.xn--a'],
  ['a percent sign', '%62ücher.example'],
  ['a percent sign of full width', 'ü％41.example'],
  ['a path', 'bücher.example/evil.test'],
  ['a query', 'bücher.example?evil.test'],
  ['a fragment', 'bücher.example#evil.test'],
  ['a backslash', 'bücher.example\\evil.test'],
  ['a port', 'bücher.example:80'],
  ['a slash of full width', 'bücher／example'],
  ['a user', 'ann@bücher.example'],
  ['a space', 'bü cher.example'],
  ['a line end', 'bücher.example\n'],
  ['an IPv6 address', '[::1]'],
  ['a joiner that joins nothing', 'a\u200Db.example'],
  ['letters of both directions', 'aא.example'],
  ['a mark without a letter', '\u0301a.example'],
  ['half of a surrogate pair', 'a\uD800.example'],
  ['nothing', ''],
])('a domain with %s has no ASCII form', (_, domain) => {
  expect(toAsciiDomain(domain)).toBeUndefined()
})

test('each character that a domain maps to ASCII or A-labels maps there again', () => {
  for (let code = 0x80; code <= 0xffff; code += 7) {
    const ascii = toAsciiDomain(`a${String.fromCodePoint(code)}b.test`)
    if (ascii !== undefined) expect([code, toAsciiDomain(ascii) ?? ascii]).toEqual([code, ascii])
  }
})

test.each([
  ['xn--bcher-kva.example', 'bücher.example'],
  ['Example.TEST', 'Example.TEST'],
  ['xn--e1afmkfd.xn--p1ai', 'пример.рф'],
  ['xn--wgv71a119e.example', '日本語.example'],
  ['xn--mgba3gch31f060k.example', 'نامه\u200Cای.example'],
  ['mail.xn--bcher-kva.example', 'mail.bücher.example'],
  ['XN--BCHER-KVA.example', 'bücher.example'],
])('the domain %s is shown as %s', (domain, shown) => {
  expect(readableEmail(`Ann@${domain}`)).toBe(`Ann@${shown}`)
})

test.each([
  ['Latin with a Cyrillic letter', 'ex\u0430mple.test'],
  ['Latin with a Greek letter', 'exαmple.test'],
  ['Cyrillic that looks like Latin', 'аррӏе.test'],
  ['Greek that looks like Latin', 'νικο.test'],
  ['a symbol that looks like a slash', 'example.com\u2215login.test'],
  ['an emoji', 'i❤.test'],
])('a label with %s is shown in ASCII', (_, domain) => {
  const ascii = toAsciiDomain(domain) ?? ''
  expect(ascii).toContain('xn--')
  expect(readableEmail(`ann@${ascii}`)).toBe(`ann@${ascii}`)
  expect(readableEmail(`ann@xn--bcher-kva.${ascii}`)).toBe(`ann@bücher.${ascii}`)
  expect(toUnicodeEmail(`ann@${ascii}`)).toBe(`ann@${domain}`)
})

test.each(['ann@example.test', 'ann@xn--a.example', 'xn--bcher-kva@example.test', 'ann', ''])(
  '%j has no other readable form',
  (email) => {
    expect([readableEmail(email), toUnicodeEmail(email)]).toEqual([email, email])
  },
)
