import { expect, test } from 'bun:test'
import { assuranceLevelOf, formatAmr, missingFactor, parseAmr, type Amr } from '@/model/factors/assurance'

test.each<[Amr, 0 | 1 | 2]>([
  [['password'], 1],
  [['email-code'], 1],
  [['external:google'], 1],
  [['passkey'], 2],
  [['password', 'totp'], 2],
  [['email-code', 'recovery-code'], 2],
  [['external:google', 'security-key'], 2],
  [['password', 'trusted-browser'], 1],
  [['remember-me'], 0],
  [['remember-me', 'totp'], 0],
  [['totp'], 0],
  [['security-key'], 0],
  [[], 0],
])('the methods %p have level %d', (amr, level) => {
  expect(assuranceLevelOf(amr)).toBe(level)
})

test('a list of methods is sorted, names each once and ignores what it does not know', () => {
  expect(formatAmr(['totp', 'password', 'totp'])).toBe('password totp')
  expect(parseAmr({ amr: 'password totp' })).toEqual(['password', 'totp'])
  expect(parseAmr({ amr: 'admin external:google ' })).toEqual(['external:google'])
})

const [off, on] = [
  { role: 'user', two_step_enabled_at: null },
  { role: 'user', two_step_enabled_at: 1 },
] as const

test('with two-step verification on, one factor is not enough under any policy', () => {
  for (const policy of ['optional', 'required-for-admins', 'required'] as const) {
    for (const amr of [['password'], ['email-code'], ['external:google'], ['remember-me']] as const)
      expect(missingFactor(on, amr, policy)).toBe('second-factor')
    for (const amr of [['passkey'], ['password', 'totp'], ['password', 'trusted-browser']] as const)
      expect(missingFactor(on, amr, policy)).toBe('none')
  }
})

test('without two-step verification, the policy asks for a set-up', () => {
  expect(missingFactor(off, ['password'], 'optional')).toBe('none')
  expect(missingFactor(off, ['password'], 'required-for-admins')).toBe('none')
  expect(missingFactor(off, ['password'], 'required')).toBe('set-up')
  for (const role of ['support', 'admin'] as const)
    expect(missingFactor({ ...off, role }, ['password'], 'required-for-admins')).toBe('set-up')
  expect(missingFactor(off, ['passkey'], 'required', { isSatisfied: true })).toBe('none')
})
