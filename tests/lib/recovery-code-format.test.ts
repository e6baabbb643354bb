import { expect, test } from 'bun:test'
import { createRecoveryCode, formatRecoveryCode, readRecoveryCode } from '@/lib/recovery-code-format'

const CODE = 'k7dm2wqx9h4tvbn3'

test('a code has 80 bits from the given source', () => {
  const random = (bytes: number) => new Uint8Array(Array.from({ length: bytes }, (_, i) => i * 2))
  expect(createRecoveryCode({ random })).toBe('02468acegjmprtwy')
  expect(
    new Set(Array.from({ length: 256 }, (_, i) => createRecoveryCode({ random: () => new Uint8Array([i]) }))),
  ).toHaveProperty('size', 32)
})

test('a code is read as it is shown', () => {
  expect(formatRecoveryCode(CODE)).toBe('k7dm-2wqx-9h4t-vbn3')
  expect(readRecoveryCode(formatRecoveryCode(CODE))).toBe(CODE)
})

test('case, spaces and dashes do not count, and o, i and l are digits', () => {
  for (const text of ['K7DM-2WQX-9H4T-VBN3', ' k7dm 2wqx 9h4t vbn3\n', 'k7dm–2wqx—9h4t‑vbn3', CODE])
    expect(readRecoveryCode(text)).toBe(CODE)
  expect(readRecoveryCode('oOiI-lL00-0000-0000')).toBe('0011110000000000')
})

test('other text is no code', () => {
  for (const text of [
    '',
    '123456',
    `${CODE}0`,
    CODE.slice(1),
    `u${CODE.slice(1)}`,
    'ｋ7dm2wqx9h4tvbn3',
    'k7dm_2wqx_9h4t_vbn3',
    CODE.padEnd(10_000),
  ])
    expect(readRecoveryCode(text)).toBeUndefined()
})
