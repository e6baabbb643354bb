import { expect, spyOn, test } from 'bun:test'
import { canonicalName, validateName } from '@/model/users/name'

test('a name is stored in NFC and without surrounding spaces', () => {
  expect(canonicalName('  Ame\u0301lie ')).toBe('Amélie')
})

test.each(['Ann', 'Amélie', "O'Hara", '王小明', 'עדן', '🙂', 'X Æ A-12', '<b>Bob</b>', 'x'.repeat(100), '👨‍👩‍👧'])(
  'the name %j is valid',
  (name) => {
    expect(validateName(name)).toBeUndefined()
  },
)

test.each([
  ['', 'Enter your name.'],
  [' \u00A0 ', 'Enter your name.'],
  ['x'.repeat(101), 'Use a name of at most 100 characters.'],
  ...['a\0b', 'a\nb', 'a\u2028b', 'a\u202Eb', 'a\u2066b', '\u200B', '\u200D', 'a\uFFFD', 'a\uD800b', 'a\u001B[31m'].map(
    (invalid) => [invalid, 'Use visible characters only.'],
  ),
])('the name %j is rejected with a message', (name, message) => {
  expect(validateName(name)).toBe(message)
})

test('a name with thousands of accents is rejected before it is normalized', () => {
  const normalize = spyOn(String.prototype, 'normalize')
  expect(validateName('a' + '\u0301\u0323'.repeat(16_000))).toBe('Use a name of at most 100 characters.')
  expect(normalize).not.toHaveBeenCalled()
  normalize.mockRestore()
})

test.each(['\u3164', '\u2800', '\uFFA0', '\u115F', 'A\u00ADnn', 'A\u2060nn', 'A\u180Enn', 'A\u034Fnn', 'A\u{E0041}nn'])(
  'a name with the invisible character in %j is rejected',
  (name) => {
    expect(validateName(name)).toBe('Use visible characters only.')
  },
)
