import type { ProofSite } from '../site'
import { CONCURRENCY, count, countActive, countEvents, post, sendConcurrently, type Race } from './race'

const PATH = '/login/second-step'
/** A request that came too late goes on to where the first one led, or begins again. */
const OTHERS = ['303 /profile', '303 /login', '303 /login/second-step', '422']

/** The user has entered the password in this many browsers. */
async function usersAtSecondStep(site: ProofSite, browsers: number) {
  const user = await site.createUser()
  const [code = '', recovery_code = ''] = [await site.send({ kind: 'two-step', id: user.id })].flat().map(String)
  const jars: Map<string, string>[] = []
  for (let i = 0; i < browsers; i++) {
    const browser = site.browser()
    const { to } = await browser.post('/login', { email: user.email, password: user.password })
    if (!to?.startsWith(PATH)) throw new Error(`login of ${user.email} led to ${to}`)
    jars.push(browser.jar)
  }
  return { user, code, recovery_code, jars }
}

const secondStep = (name: string, browsers: number, field: 'code' | 'recovery_code'): Race => ({
  name,
  async round(site) {
    const { user, jars, ...codes } = await usersAtSecondStep(site, browsers)
    const answers = await sendConcurrently(site, (i) => post(PATH, { [field]: codes[field] }, jars[i % browsers]))
    return {
      answers,
      effects: countEvents(site, user.id, 'logged-in'),
      allowed: 1,
      others: OTHERS,
      failures: [
        countActive(site, user.id) !== 1 && 'not exactly one session',
        field === 'recovery_code' &&
          count(site, 'recovery_codes where user_id = ? and used_at is not null', user.id) !== 1 &&
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
      effects: count(site, "one_time_tokens where user_id = ? and second_step = 'proved'", user.id),
      allowed: 1,
      others: ['303 /reset-password', '422'],
      failures: [
        count(site, 'recovery_codes where user_id = ? and used_at is not null', user.id) !== 1 &&
          'not exactly one recovery code is used',
      ],
    }
  },
}

export const secondStepRaces = [
  secondStep('the second step of one login', 1, 'code'),
  secondStep('one code of an app in many logins', CONCURRENCY, 'code'),
  secondStep('one recovery code in many logins', CONCURRENCY, 'recovery_code'),
  recoveryCodeAtReset,
]
