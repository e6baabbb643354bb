import { expect, test } from 'bun:test'
import { canonicalEmail, parseEmail, validateEmail } from '@/lib/email-address'

test('email addresses that differ in case or surrounding spaces are equal', () => {
  for (const typed of ['ann@example.test', 'Ann@Example.TEST', '  ann@example.test\t'])
    expect(canonicalEmail(typed)).toBe('ann@example.test')
})

test('dots, tags and rare legal characters keep email addresses apart', () => {
  for (const address of [
    'a.nn@example.test',
    'ann+tag@example.test',
    "o'hara_{x}@sub.example.test",
    `${'a'.repeat(64)}@example.test`,
  ])
    expect([canonicalEmail(address), validateEmail(address)]).toEqual([address, undefined])
})

test.each(['a..b@docomo.example', 'ab.@docomo.example', '.a.@docomo.example', 'a...b..@docomo.example', '..@x.test'])(
  'the email address %s is valid as in HTML, and its dots count',
  (address) => {
    expect([canonicalEmail(address), validateEmail(address)]).toEqual([address, undefined])
  },
)

test.each([
  ['new3@bücher.example', 'new3@xn--bcher-kva.example'],
  ['New3@BÜCHER.Example', 'New3@xn--bcher-kva.example'],
  ['ann@日本語。example', 'ann@xn--wgv71a119e.example'],
  ['ann@ｅｘａｍｐｌｅ．test', 'ann@example.test'],
  ['ann@\u212Aelvin.test', 'ann@kelvin.test'],
  ['ann@نامه\u200Cای.example', 'ann@xn--mgba3gch31f060k.example'],
  ['ann@i❤\uFE0F.example', 'ann@xn--i-7iq.example'],
  ['Ann@Example.TEST', 'Ann@Example.TEST'],
  ['Ann@XN--BCHER-KVA.example', 'Ann@XN--BCHER-KVA.example'],
])('the email address %s is stored as %s, and both are equal', (typed, email) => {
  const canonical = email.toLowerCase()
  expect(parseEmail(typed)).toEqual({ kind: 'ok', email, canonical })
  expect(parseEmail(email)).toEqual({ kind: 'ok', email, canonical })
})

// All white space and all default-ignorable characters of Unicode that occur in copied text.
const INVISIBLE = [
  ['\t', '\n', '\v', '\f', '\r', '\r\n', ' ', '\u0085', '\u00A0', '\u1680', '\u2003', '\u2009', '\u2028', '\u2029'],
  ['\u202F', '\u205F', '\u3000', '\u00AD', '\u034F', '\u061C', '\u115F', '\u180E', '\u200B', '\u200C', '\u200D'],
  ['\u200E', '\u200F', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2060', '\u2064', '\u2066', '\u2067'],
  ['\u2068', '\u2069', '\u3164', '\uFE0F', '\uFEFF', '\uFFA0', '\u{E0020}', '\u{E0100}', '\u{E007F}'],
].flat()

test.each(INVISIBLE)('the invisible character %j counts inside of an email address, and not at its ends', (sign) => {
  for (const typed of [`${sign}Ann@x.test`, `Ann@x.test${sign}`, `${sign} ${sign}Ann@x.test\n${sign}`])
    expect(parseEmail(typed)).toEqual({ kind: 'ok', email: 'Ann@x.test', canonical: 'ann@x.test' })
  for (const typed of [`a${sign}nn@x.test`, `ann${sign}@x.test`, `ann@${sign}x.test`, `ann@x${sign}y.test`])
    expect([typed, validateEmail(typed), canonicalEmail(typed)]).toEqual([
      typed,
      'The email address contains a space or an invisible character. Type it again.',
      undefined,
    ])
})

test.each([
  'mailto:Ann+x@x.test',
  'MAILTO:Ann+x@x.test',
  'mailto:Ann+x@x.test?subject=Hello%20you&body=a@b.test',
  ' \u200BMailTo: Ann+x@x.test ?cc=eve@x.test',
  'mailto:Ann%2Bx@x.test',
  'mailto:Ann+x%40x.test',
])('the link %s is the email address in it', (typed) => {
  expect(parseEmail(typed)).toEqual({ kind: 'ok', email: 'Ann+x@x.test', canonical: 'ann+x@x.test' })
})

const GENERAL = 'Enter an email address like ann@example.com.'
const INVISIBLE_INSIDE = 'The email address contains a space or an invisible character. Type it again.'
const LOCAL = 'Use only the letters a to z, digits and common symbols before the @.'
const DOMAIN = 'The part after the @ is not a valid domain. Check it for typing errors.'
const ONE = 'Enter only one email address, like ann@example.com.'
const rows = (message: string, ...invalid: string[]) => invalid.map((typed) => [typed, message] as const)

test.each([
  ...rows('Enter your email address.', '', '   ', '\u3000\u200B\n', 'mailto:', 'mailto:?subject=x'),
  ...rows(GENERAL, 'a', '@', 'a@', '@b', 'a@b', 'a@@b.test', 'a@-b.test', 'a@b..test', 'a@127.0.0.1', 'a%2540b'),
  ...rows(GENERAL, 'a@x.test.', 'a@.x.test', 'a@bücher', 'a@１２７.0.0.1', 'a＠x.test', 'x://a@b.test'),
  ...rows(GENERAL, 'mailto:%', 'mailto:mailto:a@x.test'),
  ...rows(ONE, 'a@b.test;c@d.test', 'a@b.test, c@d.test', '<a@b.test>', 'Ann <a@b.test>', 'mailto:<a@b.test>'),
  ...rows(INVISIBLE_INSIDE, '"x y"@b.test', 'a b@c.test', 'a@c.test d', 'a\0b@x.test', 'a@x.test\0', 'a@x\u0085y.test'),
  ...rows(INVISIBLE_INSIDE, 'a\u00A0@x.test', 'a@x.test\r\nBcc: b@x.test', 'ann lee', 'mailto:a%20b@x.test'),
  ...rows(LOCAL, 'mi\u212Ae@x.test', 'mıke@x.test', 'ſam@x.test', 'oﬀ@x.test', 'MİKE@x.test', 'straße@x.test'),
  ...rows(LOCAL, 'é@x.test', 'e\u0301@x.test', 'jörg@bücher.test', 'ａ@x.test', 'a\uD800@x.test', 'a\uFFFD@x.test'),
  ...rows(
    DOMAIN,
    'a@x_y.test',
    'a@0x7f.1',
    'a@x.0x1',
    'a@127.1',
    'a@xn--a.test',
    'a@XN--.test',
    'a@ü.xn--a',
    'a@bü%41cher.test',
  ),
  ...rows(DOMAIN, 'a@[127.0.0.1]', 'a@bücher.test/x', 'a@bücher.test:80', 'a@aא.test', 'a@b\uD800.test', 'a@x.１'),
  ...rows('Use at most 64 characters before the @.', `${'a'.repeat(65)}@b.test`, `${'.'.repeat(65)}@b.test`),
  ...rows(
    'Use an email address of at most 254 characters.',
    `a@${'bcdefghi.'.repeat(28)}test`,
    `a@${'b'.repeat(250)}.test`,
    `a@${'bücherbü.'.repeat(20)}test`,
  ),
])('the email address %j is rejected with a message and has no canonical form', (invalid, message) => {
  expect([validateEmail(invalid), canonicalEmail(invalid)]).toEqual([message, undefined])
})

test('a stored email address is valid again and stays the same', () => {
  const parts = [
    'a',
    'B',
    '.',
    '-',
    '@',
    '@',
    'x.test',
    'ü',
    'ß',
    'א',
    '中',
    'xn--',
    '❤',
    '\u200D',
    'Ａ',
    '。',
    '1',
    'mailto:',
  ]
  let [seed, valid] = [1, 0]
  const next = () => (seed = (seed * 48_271) % 2_147_483_647)
  for (let i = 0; i < 20_000; i++) {
    const typed = Array.from({ length: 2 + (next() % 6) }, () => parts[next() % parts.length]).join('') + '.test'
    const parsed = parseEmail(typed)
    if (parsed.kind === 'invalid') continue
    valid++
    expect(parseEmail(parsed.email)).toEqual(parsed)
    expect(parseEmail(parsed.canonical)).toEqual({ ...parsed, email: parsed.canonical })
    expect(parsed.email).toMatch(/^[\x21-\x7e]+$/)
  }
  expect(valid).toBeGreaterThan(300)
})

// Without a timing assertion: a backtracking regular expression takes seconds for each of these, and the run would hang.
test('an invalid email address of 64 KiB is validated at once', () => {
  const spaces = ' '.repeat(65_000)
  for (const invalid of [`x${spaces}x`, spaces, `x${'\t '.repeat(30_000)}x`, `a@${spaces}x`, `mailto:${spaces}x`])
    expect(canonicalEmail(invalid)).toBeUndefined()
  for (const invalid of [
    'a@a.'.repeat(16_384),
    `a@${'ü.'.repeat(16_384)}test`,
    `a@${'u\u0308\u0323'.repeat(9000)}.test`,
  ])
    expect(canonicalEmail(invalid)).toBeUndefined()
})
