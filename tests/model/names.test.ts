import { expect, test } from 'bun:test'
import { canonicalName, flawInName } from '@/model/names'

test('a name is kept composed and without the spaces around it', () => {
  expect(canonicalName('  Ame\u0301lie ')).toBe('Amélie')
})

test.each(['Ann', 'Amélie', "O'Hara", '王小明', 'עדן', '🙂', 'X Æ A-12', '<b>Bob</b>', 'x'.repeat(100), '👨‍👩‍👧'])(
  '%j is a name',
  (name) => {
    expect(flawInName(name)).toBeUndefined()
  },
)

test.each([
  ['', 'Enter your name.'],
  [' \u00A0 ', 'Enter your name.'],
  ['x'.repeat(101), 'Use a name of at most 100 characters.'],
  ...['a\0b', 'a\nb', 'a\u2028b', 'a\u202Eb', 'a\u2066b', '\u200B', '\u200D', 'a\uFFFD', 'a\uD800b', 'a\u001B[31m'].map(
    (odd) => [odd, 'Use letters, digits and signs that can be seen.'],
  ),
])('%j is refused with a clear sentence', (name, sentence) => {
  expect(flawInName(name)).toBe(sentence)
})
