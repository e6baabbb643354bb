import { expect, test } from 'bun:test'
import { uniqueFactorName, validateFactorName } from '@/model/users/factor-name'

test('a second factor with the same name gets a number', () => {
  expect(uniqueFactorName(' Phone ', [])).toBe('Phone')
  expect(uniqueFactorName('Phone', ['Phone'])).toBe('Phone 2')
  expect(uniqueFactorName('Phone', ['Phone', 'Phone 2'])).toBe('Phone 3')
})

test('the name of a factor has 1 to 60 visible characters', () => {
  expect(validateFactorName('x'.repeat(60))).toBeUndefined()
  expect(validateFactorName('x'.repeat(61))).toBe('Use a name of at most 60 characters.')
  expect(validateFactorName(' \u200b ')).toBe('Enter a name.')
  expect(validateFactorName('a\u0000b')).toBe('Use visible characters only.')
})
