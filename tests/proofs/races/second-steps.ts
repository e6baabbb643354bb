import { readConfig } from '@/config/env'
import { sha256 } from '@/lib/encoding'
import type { Browser } from '../../support/browser'
import type { ProofSite } from '../site'
import {
  CONCURRENCY,
  count,
  countActive,
  countEvents,
  fromOwnSource,
  makeStale,
  post,
  sendConcurrently,
  type Race,
} from './race'

const PATH = '/login/second-step'
/** A request that came too late goes on to where the first one led, or begins again. */
const OTHERS = ['303 /profile', '303 /login', '303 /login/second-step', '422']

/** The user has entered the password in this many browsers. */
export async function usersAtSecondStep(site: ProofSite, browsers: number) {
  const user = await site.createUser()
  const [code = '', ...recoveryCodes] = [await site.send({ kind: 'two-step', id: user.id })].flat().map(String)
  const opened: Browser[] = []
  for (let i = 0; i < browsers; i++) {
    const browser = site.browser()
    const { to } = await browser.post('/login', { email: user.email, password: user.password })
    if (!to?.startsWith(PATH)) throw new Error(`login of ${user.email} led to ${to}`)
    opened.push(browser)
  }
  const jars = opened.map(({ jar }) => jar)
  return { user, code, recovery_code: recoveryCodes[0] ?? '', recoveryCodes, browsers: opened, jars }
}

/** Logs in with a recovery code in each browser, and leaves the app's code unused. */
export async function logInWithRecoveryCode(site: ProofSite, count: number) {
  const { user, browsers, recoveryCodes } = await usersAtSecondStep(site, count)
  for (const [i, browser] of browsers.entries()) {
    await browser.post(PATH, { recovery_code: recoveryCodes[i] ?? '' })
    await browser.get('/probe') // consumes the flash message
    if (!browser.jar.has('session')) throw new Error(`second step of ${user.email} failed`)
  }
  return { user, browsers, recovery_code: recoveryCodes[count] ?? '' }
}

const secondStep = (name: string, browsers: number, field: 'code' | 'recovery_code'): Race => ({
  name,
  async round(site) {
    const { user, jars, ...codes } = await usersAtSecondStep(site, browsers)
    const answers = await sendConcurrently(site, (i) =>
      post(PATH, { [field]: codes[field], trust: 'yes' }, jars[i % browsers]),
    )
    return {
      answers,
      effects: await countEvents(site, user.id, 'logged-in'),
      allowed: 1,
      others: OTHERS,
      failures: [
        (await countActive(site, user.id)) !== 1 && 'not exactly one session',
        (await count(site, 'known_devices where user_id = ? and trust_expires_at is not null', user.id)) !== 1 &&
          'not exactly one trusted browser',
        (await countEvents(site, user.id, 'browser-trusted')) !== 1 && 'not exactly one event browser-trusted',
        field === 'recovery_code' &&
          (await count(site, 'recovery_codes where user_id = ? and used_at is not null', user.id)) !== 1 &&
          'not exactly one recovery code is used',
      ],
    }
  },
})

const recoveryCodeAtReset: Race = {
  name: 'one recovery code before new passwords',
  async round(site) {
    const user = await site.createUser()
    await site.send({ kind: 'verify', id: user.id })
    const [, recovery_code = ''] = [await site.send({ kind: 'two-step', id: user.id })].flat().map(String)
    const tokens: string[] = []
    for (let i = 0; i < 3; i++)
      tokens.push(`${await site.send({ kind: 'token', id: user.id, purpose: 'reset-password' })}`)
    const cookies = (i: number) => new Map([['one-time', tokens[i % tokens.length] ?? '']])
    const answers = await sendConcurrently(site, (i) =>
      post('/reset-password/second-step', { recovery_code }, cookies(i)),
    )
    return {
      answers,
      effects: await count(site, "one_time_tokens where user_id = ? and second_step = 'proved'", user.id),
      allowed: 1,
      others: ['303 /reset-password', '422'],
      failures: [
        (await count(site, 'recovery_codes where user_id = ? and used_at is not null', user.id)) !== 1 &&
          'not exactly one recovery code is used',
      ],
    }
  },
}

/** The browsers of one user. Each has a session that is no longer fresh. */
const reloginByCode = (name: string, field: 'code' | 'recovery_code'): Race => ({
  name,
  async round(site) {
    const browsers = 3
    const { user, browsers: loggedIn, ...codes } = await logInWithRecoveryCode(site, browsers)
    await makeStale(site, ...loggedIn)
    const code = field === 'code' ? `${await site.send({ kind: 'app-code', id: user.id })}` : codes.recovery_code
    const answers = await sendConcurrently(site, (i) =>
      post('/relogin/code', { [field]: code }, loggedIn[i % browsers]?.jar),
    )
    return {
      answers,
      effects: await countEvents(site, user.id, 'reauthenticated'),
      allowed: 1,
      others: ['303 /profile', '303 /login', '422'],
      failures: [
        field === 'recovery_code' &&
          (await count(site, 'recovery_codes where user_id = ? and used_at is not null', user.id)) !== browsers + 1 &&
          'not exactly one more recovery code is used',
      ],
    }
  },
})

const FREE_CODES = readConfig({}).limits.codes.freeAttempts

const wrongCodes: Race = {
  name: 'wrong codes of one user',
  async round(site) {
    const { user, jars } = await usersAtSecondStep(site, CONCURRENCY)
    await site.limit(true)
    const answers = await sendConcurrently(site, (i) => fromOwnSource(post(PATH, { code: '000000' }, jars[i]), i))
    await site.limit(false)
    const key = sha256(`second-factor ${user.id}`)
    return {
      answers,
      effects: Number((await site.find('select count from login_failures where key_hash = ?', key))[0]),
      allowed: FREE_CODES,
      exactly: { '422': FREE_CODES, '429': CONCURRENCY - FREE_CODES },
    }
  },
}

export const secondStepRaces = [
  wrongCodes,
  secondStep('the second step of one login', 1, 'code'),
  secondStep('one code of an app in many logins', CONCURRENCY, 'code'),
  secondStep('one recovery code in many logins', CONCURRENCY, 'recovery_code'),
  recoveryCodeAtReset,
  reloginByCode('one code of an app in re-logins', 'code'),
  reloginByCode('one recovery code in re-logins', 'recovery_code'),
]
