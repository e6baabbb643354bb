import { expect, test } from 'bun:test'
import { canonicalEmail, validateEmail } from '@/model/users/email'

test('addresses that differ in case or in the spaces around them are one', () => {
  for (const typed of ['ann@example.test', 'Ann@Example.TEST', '  ann@example.test\t'])
    expect(canonicalEmail(typed)).toBe('ann@example.test')
})

test('what tells people apart is kept: dots, tags, odd but legal signs', () => {
  for (const address of [
    'a.nn@example.test',
    'ann+tag@example.test',
    "o'hara_{x}@sub.example.test",
    `${'a'.repeat(64)}@example.test`,
  ])
    expect([canonicalEmail(address), validateEmail(address)]).toEqual([address, undefined])
})

test.each([
  ['', 'Enter your email address.'],
  ['   ', 'Enter your email address.'],
  ...[
    'a',
    '@',
    'a@',
    '@b',
    'a@b',
    'a@@b.test',
    'a@-b.test',
    'a@b..test',
    'a@[127.0.0.1]',
    '"x y"@b.test',
    'a b@c.test',
    '.a@b.test',
    'a.@b.test',
    'a..b@c.test',
    'a@b.test;c@d.test',
    '<a@b.test>',
    'a@127.0.0.1',
    'a%2540b',
    `${'a'.repeat(65)}@b.test`,
  ].map((odd) => [odd, 'Enter an email address like ann@example.com.']),
  ...[
    'mi\u212Ae@x.test',
    'mıke@x.test',
    'ſam@x.test',
    'oﬀ@x.test',
    'a＠x.test',
    'MİKE@x.test',
    'straße@x.test',
    'é@x.test',
    'e\u0301@x.test',
    'a@bücher.test',
    'a\u200Bb@x.test',
    'a\u00A0@x.test',
    'a@x.test\n',
    'a\0b@x.test',
    'a@x.test\r\nBcc: b@x.test',
  ].map((odd) => [odd, 'Use only the letters a to z, digits and common symbols in the email address.']),
  [`a@${'bcdefghi.'.repeat(28)}test`, 'Use an email address of at most 254 characters.'],
  [`a@${'b'.repeat(250)}.test`, 'Use an email address of at most 254 characters.'],
])('%j is refused with a clear sentence, and equals nobody', (odd, sentence) => {
  expect([validateEmail(odd), canonicalEmail(odd)]).toEqual([sentence, undefined])
})

// No clock: as a pattern each of these takes seconds, and the run would hang.
test('64 KiB of nearly an address are judged at once', () => {
  for (const nearly of [`x${' '.repeat(65_000)}x`, `${' '.repeat(65_000)}`, `x${'\t '.repeat(30_000)}x`])
    expect(canonicalEmail(nearly)).toBeUndefined()
  expect(canonicalEmail('a@a.'.repeat(16_384))).toBeUndefined()
})
