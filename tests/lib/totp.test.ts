import { expect, test } from 'bun:test'
import { Secret } from 'otpauth'
import { minutes, seconds } from '@/lib/duration'
import {
  clockDifference,
  createTotpSecret,
  findTotpStep,
  groupedSecret,
  readTotpCode,
  totpCodeAt,
  totpUri,
} from '@/lib/totp'

/** The secret of RFC 6238, appendix B. */
const SECRET = Secret.fromUTF8('12345678901234567890').base32

const VECTORS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const

test.each(VECTORS)('the code of RFC 6238 at %d s passes', (at, code) => {
  expect(totpCodeAt(SECRET, seconds(at))).toBe(code)
  expect(findTotpStep(SECRET, code, seconds(at))).toBe(Math.floor(at / 30))
})

test('the steps t-1, t and t+1 count, and t-2 and t+2 do not', () => {
  const at = seconds(1_234_567_890)
  const step = Math.floor(1_234_567_890 / 30)
  const found = (steps: number) => findTotpStep(SECRET, totpCodeAt(SECRET, at + seconds(30 * steps)), at)
  expect([-2, -1, 0, 1, 2].map(found)).toEqual([undefined, step - 1, step, step + 1, undefined])
})

test('a wider window finds how far the clock of a phone differs', () => {
  const at = seconds(1_234_567_890)
  const phone = (ms: number) => findTotpStep(SECRET, totpCodeAt(SECRET, at + ms), at, 20)
  expect(clockDifference(phone(minutes(4)) ?? 0, at)).toBe(minutes(4))
  expect(clockDifference(phone(-minutes(4)) ?? 0, at)).toBe(-minutes(4))
  expect(phone(minutes(11))).toBeUndefined()
})

test('a typed code may have spaces and dashes, and nothing else but six digits', () => {
  expect(['123456', ' 123 456 ', '123-456', '123–456', '12 34 56'].map(readTotpCode)).toEqual(
    Array.from({ length: 5 }, () => '123456'),
  )
  const refused = [
    '',
    '12345',
    '1234567',
    '12345a',
    '１２３４５６',
    '١٢٣٤٥٦',
    '+12345',
    '1.2345',
    '123456'.padEnd(10_000),
  ]
  for (const text of refused) expect(readTotpCode(text)).toBeUndefined()
})

test('a secret has 160 bits, all from the given source', () => {
  const random = (bytes: number) => new Uint8Array(64).fill(255).subarray(0, bytes)
  expect(createTotpSecret({ random })).toBe('7'.repeat(32))
  expect(groupedSecret('7'.repeat(32))).toBe(Array.from({ length: 8 }, () => '7777').join(' '))
})

test('the address names the site and the account', () => {
  expect(totpUri(SECRET, 'My site', 'ann+x@example.test')).toBe(
    `otpauth://totp/My%20site:ann%2Bx%40example.test?issuer=My%20site&secret=${SECRET}&algorithm=SHA1&digits=6&period=30`,
  )
})
