import { expect, test } from 'bun:test'
import { hours, minutes } from '@/lib/duration'
import { formatAmr, type Amr } from '@/model/factors/assurance'
import { canAddSecondFactor, stepUp, stepUpMethods, type Factors } from '@/model/factors/step-up'
import type { EndReason, Session } from '@/model/types'

const NOW = hours(100)
const CLOCK = { now: NOW, fresh: minutes(5), max: hours(12) }

type Case = { reason?: EndReason; amr?: Amr; isTwoStep?: boolean; secondFactorAge?: number }

/** A session that authenticated an hour ago. */
function lookupOf({ reason, amr = ['password'], isTwoStep = true, secondFactorAge }: Case) {
  const session = {
    amr: formatAmr(amr),
    authenticated_at: NOW - hours(1),
    second_factor_at: secondFactorAge === undefined ? null : NOW - secondFactorAge,
  } as Session
  return { session, reason, user: { two_step_enabled_at: isTwoStep ? 1 : null } }
}

const prove = (session: Case, methods: Amr) => {
  const result = stepUp(lookupOf(session), methods, CLOCK)
  if (result.kind !== 'enough') return result.kind
  const at = (time: number | null) => (time === null ? null : (time - NOW) / minutes(1))
  return [formatAmr(result.amr), at(result.secondFactorAt), at(result.authenticatedAt)]
}

const active: Case = { amr: ['password', 'totp'], secondFactorAge: hours(1) }
const idle: Case = { ...active, reason: 'idle' }
const restored: Case = { amr: ['remember-me'] }
const trusted: Case = { amr: ['password', 'trusted-browser'] }
const off = { isTwoStep: false }

// Methods afterwards, minutes since the second factor, and minutes since the start of the absolute limit.
test.each<[string, Case, Amr, ReturnType<typeof prove>]>([
  ['without two-step verification, a password', off, ['password'], ['password', null, 0]],
  ['without two-step verification, a passkey', off, ['passkey'], ['passkey password', 0, 0]],
  ['without it, a password after inactivity', { ...off, reason: 'idle' }, ['password'], ['password', null, 0]],
  ['without it, a password in a restored session', { ...off, ...restored }, ['password'], ['password', null, 0]],
  ['a password in an active session', active, ['password'], 'second-step'],
  [
    'a password soon after the second factor',
    { ...active, secondFactorAge: minutes(4) },
    ['password'],
    ['password totp', -4, 0],
  ],
  ['a code in an active session', active, ['totp'], ['password totp', 0, -60]],
  ['a recovery code in an active session', active, ['recovery-code'], ['password recovery-code totp', 0, -60]],
  ['a passkey in an active session', active, ['passkey'], ['passkey password totp', 0, 0]],
  ['a password and a code in an active session', active, ['password', 'totp'], ['password totp', 0, 0]],
  ['a code in a trusted browser', trusted, ['totp'], ['password totp', 0, -60]],
  ['a password in a trusted browser', trusted, ['password'], 'second-step'],
  ['trust in an active session', trusted, ['password', 'trusted-browser'], 'second-step'],
  ['a password after inactivity', idle, ['password'], ['password totp', -60, -60]],
  ['a passkey after inactivity', idle, ['passkey'], ['passkey password totp', 0, 0]],
  ['a password long after the second factor', { ...idle, secondFactorAge: hours(12) }, ['password'], 'second-step'],
  ['a passkey long after it', { ...idle, secondFactorAge: hours(12) }, ['passkey'], ['passkey', 0, 0]],
  [
    'trust after inactivity',
    { ...trusted, reason: 'idle' },
    ['password', 'trusted-browser'],
    ['password trusted-browser', null, 0],
  ],
  ['a code after inactivity', idle, ['totp'], 'rejected'],
  ['a code in a restored session', restored, ['totp'], 'rejected'],
  ['a security key in a restored session', restored, ['security-key'], 'rejected'],
  ['a password in a restored session', restored, ['password'], 'second-step'],
  ['a passkey in a restored session', restored, ['passkey'], ['passkey', 0, 0]],
  ['a password and a code in a restored session', restored, ['password', 'totp'], ['password totp', 0, 0]],
  ...(['absolute', 'revoked', 'password', 'factors'] as const).flatMap(
    (reason): [string, Case, Amr, ReturnType<typeof prove>][] => [
      [`a password after ${reason}`, { ...active, reason }, ['password'], 'second-step'],
      [`a passkey after ${reason}`, { ...active, reason }, ['passkey'], ['passkey', 0, 0]],
      [`a code after ${reason}`, { ...active, reason }, ['totp'], 'rejected'],
      [`both after ${reason}`, { ...active, reason }, ['password', 'totp'], ['password totp', 0, 0]],
      [
        `trust after ${reason}`,
        { ...active, reason },
        ['password', 'trusted-browser'],
        ['password trusted-browser', null, 0],
      ],
    ],
  ),
])('%s: the session has what was proved and no more', (_, session, methods, expected) => {
  expect(prove(session, methods)).toEqual(expected)
})

const nothing: Factors = {
  passkeys: 0,
  securityKeys: 0,
  apps: 0,
  codesLeft: 0,
  hasPassword: true,
  providers: [],
  isTwoStep: true,
}
const all: Factors = { ...nothing, passkeys: 1, securityKeys: 1, apps: 1, codesLeft: 9 }

test.each<[string, Case, Factors, string]>([
  ['an active session with all factors', active, all, 'passkey app-code recovery-code'],
  ['an active session with an app', active, { ...nothing, apps: 1 }, 'app-code'],
  ['a session of a passkey', { amr: ['passkey'] }, { ...all, hasPassword: false }, 'passkey app-code recovery-code'],
  ['security keys only, with recovery codes', active, { ...nothing, securityKeys: 1, codesLeft: 9 }, 'password'],
  ['recovery codes only', active, { ...nothing, codesLeft: 1 }, 'recovery-code'],
  ['no factor that works here', active, nothing, 'password'],
  ['a restored session', restored, all, 'passkey password'],
  ['an ended session', { ...active, reason: 'revoked' }, all, 'passkey password'],
  ['an account without a password', restored, { ...all, hasPassword: false }, 'passkey'],
  ['without two-step verification', off, { ...all, isTwoStep: false }, 'passkey password'],
])('%s is offered what the session lacks', (_, session, factors, expected) => {
  expect(stepUpMethods(lookupOf(session), factors, false).join(' ')).toBe(expected)
})

test('a fresh session is asked for a second factor and never for the password', () => {
  const methods = stepUpMethods(lookupOf(off), { ...all, isTwoStep: false }, true)
  expect(methods).toEqual(['passkey', 'app-code', 'recovery-code'])
})

test('a security key alone is no second factor without two-step verification', () => {
  const account = { ...nothing, isTwoStep: false }
  expect(canAddSecondFactor({ ...account, securityKeys: 1 })).toBe(false)
  expect(canAddSecondFactor({ ...account, passkeys: 1 })).toBe(true)
  expect(canAddSecondFactor({ ...account, apps: 1 })).toBe(true)
  expect(canAddSecondFactor(nothing)).toBe(true)
})
