import { expect, test } from 'bun:test'
import { emailFieldValue } from '@/ui/email'

test.each([
  ['ann@xn--bcher-kva.example', 'ann@bücher.example'],
  ['ann@example.test', 'ann@example.test'],
  ['ann@xn--strae-oqa.example', 'ann@xn--strae-oqa.example'],
  ['ann@xn--mgba3gch31f060k.example', 'ann@xn--mgba3gch31f060k.example'],
])('an email field shows %s as %s, which Chromium does not change to another domain', (email, value) => {
  expect(emailFieldValue(email)).toBe(value)
})
