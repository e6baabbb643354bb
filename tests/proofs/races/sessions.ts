import { minutes, seconds } from '@/lib/duration'
import type { ProofSite } from '../site'
import { cookiesIn } from '../http'
import {
  CONCURRENCY,
  count,
  countEvents,
  countActive,
  get,
  logIn,
  post,
  loggedInUser,
  sendConcurrently,
  type Race,
} from './race'

const MAX_SESSIONS = 50

/** The browser was restarted, so it has no session cookie. */
async function remembered(site: ProofSite) {
  const { user, browser } = await loggedInUser(site, { isRemembered: true })
  browser.close()
  return { user, browser }
}

const countActiveSeries = (site: ProofSite, userId: string) =>
  count(site, 'remember_series where user_id = ? and ended_at is null', userId)

const rotate: Race = {
  name: 'restore by one remember token',
  async round(site) {
    const { user, browser } = await remembered(site)
    const answers = await sendConcurrently(site, () => get('/profile', browser.jar))
    const distinct = (name: string) => new Set(answers.map((answer) => cookiesIn(answer).get(name))).size
    return {
      answers,
      effects: await count(site, `sessions where user_id = ? and started_by = 'remember'`, user.id),
      allowed: 1,
      exactly: { '200': CONCURRENCY },
      failures: [
        distinct('session') !== 1 && `${distinct('session')} session tokens`,
        distinct('remember') !== CONCURRENCY && `${distinct('remember')} remember tokens`,
        (await countActiveSeries(site, user.id)) !== 1 && 'the series has ended',
        (await countEvents(site, user.id, 'remember-token-reused')) !== 0 && 'theft alert',
      ],
    }
  },
}

const reuse: Race = {
  name: 'reuse of an old remember token',
  async round(site) {
    const { user, browser } = await remembered(site)
    const old = browser.copy()
    for (let restore = 0; restore < 2; restore++) {
      browser.close()
      await browser.get('/profile')
      await site.advance(seconds(10))
    }
    const answers = await sendConcurrently(site, () => get('/profile', old.jar))
    return {
      answers,
      effects: await countEvents(site, user.id, 'remember-token-reused'),
      allowed: 1,
      exactly: { '303 /login': CONCURRENCY },
      failures: [
        (await countActive(site, user.id)) !== 0 && 'a session is still active',
        (await countActiveSeries(site, user.id)) !== 0 && 'the series is still active',
      ],
    }
  },
}

const followEnded: Race = {
  name: 're-login of an expired session',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await site.advance(minutes(5))
    const answers = await sendConcurrently(site, () => post('/relogin', { password: user.password }, browser.jar))
    const given = answers.filter((answer) => cookiesIn(answer).get('session'))
    return {
      answers,
      effects: await countActive(site, user.id),
      allowed: 1,
      others: ['303 /profile', '303 /login'],
      failures: [given.length !== 1 && `${given.length} new session cookies`],
    }
  },
}

const endDevice: Race = {
  name: 'a session is ended from another device',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    const [own] = await site.find('select id from sessions where user_id = ?', user.id)
    await logIn(site, user, true)
    const [other] = await site.find('select id from sessions where user_id = ? and id != ?', user.id, `${own}`)
    const answers = await sendConcurrently(site, () => post(`/settings/sessions/${other}/end`, {}, browser.jar))
    return {
      answers,
      effects: await countEvents(site, user.id, 'session-ended'),
      allowed: 1,
      exactly: { '303 /settings/sessions': 1, '404': CONCURRENCY - 1 },
      failures: [
        (await countActive(site, user.id)) !== 1 && 'not exactly one session is left',
        (await countActiveSeries(site, user.id)) !== 0 && 'the device is still remembered',
      ],
    }
  },
}

const fillSessions: Race = {
  name: `logins of a user with ${MAX_SESSIONS - 2} sessions`,
  async round(site) {
    const user = await site.createUser()
    await site.send({ kind: 'sessions', id: user.id, count: MAX_SESSIONS - 2 })
    const { email, password } = user
    const answers = await sendConcurrently(site, () => post('/login', { email, password }))
    return {
      answers,
      effects: await countActive(site, user.id),
      allowed: MAX_SESSIONS,
      exactly: { '303 /profile': CONCURRENCY },
    }
  },
}

export const sessionRaces = [rotate, reuse, followEnded, endDevice, fillSessions]
