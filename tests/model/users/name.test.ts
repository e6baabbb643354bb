import { expect, spyOn, test } from 'bun:test'
import { canonicalName, validateName } from '@/model/users/name'

test('a name is kept composed and without the spaces around it', () => {
  expect(canonicalName('  Ame\u0301lie ')).toBe('Amélie')
})

test.each(['Ann', 'Amélie', "O'Hara", '王小明', 'עדן', '🙂', 'X Æ A-12', '<b>Bob</b>', 'x'.repeat(100), '👨‍👩‍👧'])(
  '%j is a name',
  (name) => {
    expect(validateName(name)).toBeUndefined()
  },
)

test.each([
  ['', 'Enter your name.'],
  [' \u00A0 ', 'Enter your name.'],
  ['x'.repeat(101), 'Use a name of at most 100 characters.'],
  ...['a\0b', 'a\nb', 'a\u2028b', 'a\u202Eb', 'a\u2066b', '\u200B', '\u200D', 'a\uFFFD', 'a\uD800b', 'a\u001B[31m'].map(
    (odd) => [odd, 'Use visible characters only.'],
  ),
])('%j is refused with a clear sentence', (name, sentence) => {
  expect(validateName(name)).toBe(sentence)
})

test('thousands of accents are refused by their number, before they are put in order', () => {
  const normalize = spyOn(String.prototype, 'normalize')
  expect(validateName('a' + '\u0301\u0323'.repeat(16_000))).toBe('Use a name of at most 100 characters.')
  expect(normalize).not.toHaveBeenCalled()
  normalize.mockRestore()
})

test.each(['\u3164', '\u2800', '\uFFA0', '\u115F', 'A\u00ADnn', 'A\u2060nn', 'A\u180Enn', 'A\u034Fnn', 'A\u{E0041}nn'])(
  '%j looks like another name, or like none',
  (name) => {
    expect(validateName(name)).toBe('Use visible characters only.')
  },
)
