import { expect, test } from 'bun:test'
import { canonicalEmail, validateEmail } from '@/model/users/email'

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
  ].map((invalid) => [invalid, 'Enter an email address like ann@example.com.']),
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
  ].map((invalid) => [invalid, 'Use only the letters a to z, digits and common symbols in the email address.']),
  [`a@${'bcdefghi.'.repeat(28)}test`, 'Use an email address of at most 254 characters.'],
  [`a@${'b'.repeat(250)}.test`, 'Use an email address of at most 254 characters.'],
])('the email address %j is rejected with a message and has no canonical form', (invalid, message) => {
  expect([validateEmail(invalid), canonicalEmail(invalid)]).toEqual([message, undefined])
})

// Without a timing assertion: a backtracking regular expression takes seconds for each of these, and the run would hang.
test('an invalid email address of 64 KiB is validated at once', () => {
  for (const invalid of [`x${' '.repeat(65_000)}x`, `${' '.repeat(65_000)}`, `x${'\t '.repeat(30_000)}x`])
    expect(canonicalEmail(invalid)).toBeUndefined()
  expect(canonicalEmail('a@a.'.repeat(16_384))).toBeUndefined()
})
