import type { ProofSite } from '../site'
import { CONCURRENCY, count, countEvents, post, sendConcurrently, type Race } from './race'
import { logInWithRecoveryCode, usersAtSecondStep } from './second-steps'

const RESET = '/login/reset-factors'

/** The waiting period of this user is over. */
async function withDueReset(site: ProofSite) {
  const { user, browsers } = await logInWithRecoveryCode(site, 1)
  const token = `${await site.send({ kind: 'token', id: user.id, purpose: 'factor-reset-finish' })}`
  return { user, browser: browsers[0], cookies: new Map([['one-time', token]]) }
}

const request: Race = {
  name: 'a removal of second factors is requested',
  async round(site) {
    const { user, jars } = await usersAtSecondStep(site, 1)
    const answers = await sendConcurrently(site, () => post('/login/second-step/lost', {}, jars[0]))
    return {
      answers,
      effects: await count(site, 'factor_resets where user_id = ?', user.id),
      allowed: 1,
      exactly: { '303 /login/second-step': CONCURRENCY },
    }
  },
}

const cancel: Race = {
  name: 'a removal of second factors is cancelled by its link',
  async round(site) {
    const { user, cookies } = await withDueReset(site)
    const answers = await sendConcurrently(site, () => post(RESET, { action: 'cancel' }, cookies))
    return {
      answers,
      effects: await countEvents(site, user.id, 'factor-reset-cancelled'),
      allowed: 1,
      exactly: { '303 /login': 1, '410': CONCURRENCY - 1 },
    }
  },
}

let rounds = 0

const cancelOrFinish: Race = {
  name: 'a removal of second factors is cancelled and completed',
  async round(site) {
    const { user, browser, cookies } = await withDueReset(site)
    const first = rounds++ // each of the two is the first request in turn
    const answers = await sendConcurrently(site, (i) =>
      (first + i) % 2
        ? post('/settings/security/reset/cancel', {}, browser?.jar)
        : post(RESET, { action: 'finish' }, cookies),
    )
    const [removed, cancelled] = [
      await countEvents(site, user.id, 'factors-reset'),
      await countEvents(site, user.id, 'factor-reset-cancelled'),
    ]
    const left = await count(site, 'authenticator_apps where user_id = ?', user.id)
    return {
      answers,
      effects: removed + cancelled,
      allowed: 1,
      others: ['303 /login', '303 /relogin', '303 /settings/security', '410'],
      failures: [left !== cancelled && 'the app does not match the outcome'],
    }
  },
}

export const factorResetRaces = [request, cancel, cancelOrFinish]
