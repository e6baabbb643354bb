import { minutes, seconds } from '@/lib/duration'
import type { ProofSite } from '../site'
import { cookiesIn } from '../http'
import { AT_ONCE, count, countEvents, countLive, get, logIn, post, somebody, volley, type Race } from './race'

const MOST_SESSIONS = 50

/** Somebody whose browser was closed: only the remember token is left. */
async function remembered(site: ProofSite) {
  const { user, browser } = await somebody(site, { isRemembered: true })
  browser.close()
  return { user, browser }
}

/** The secrets of a living series that were not used yet. */
const countSecrets = (site: ProofSite, userId: string) =>
  count(
    site,
    `remember_secrets join remember_series on remember_series.id = series_id
     where user_id = ? and used_at is null and ended_at is null`,
    userId,
  )

const rotate: Race = {
  name: 'a remember token is traded for a session',
  async round(site) {
    const { user, browser } = await remembered(site)
    const answers = await volley(site, () => get('/profile', browser.jar))
    const given = answers.filter((answer) => cookiesIn(answer).get('remember'))
    return {
      answers,
      effects: count(site, `sessions where user_id = ? and started_by = 'remember'`, user.id),
      wanted: 1,
      exactly: { '200': AT_ONCE },
      flaws: [
        countSecrets(site, user.id) !== 1 && 'Not exactly one new secret is there.',
        given.length !== 1 && `A new remember cookie was given ${given.length} times.`,
        countEvents(site, user.id, 'remember-token-reused') !== 0 && 'It was taken for a theft.',
      ],
    }
  },
}

const steal: Race = {
  name: 'an old remember token comes again',
  async round(site) {
    const { user, browser } = await remembered(site)
    const old = browser.copy()
    await browser.get('/profile')
    await site.pass(seconds(10))
    const answers = await volley(site, () => get('/profile', old.jar))
    return {
      answers,
      effects: countEvents(site, user.id, 'remember-token-reused'),
      wanted: 1,
      exactly: { '303 /login': AT_ONCE },
      flaws: [
        countLive(site, user.id) !== 0 && 'A session outlived the theft.',
        countSecrets(site, user.id) !== 0 && 'The series outlived the theft.',
      ],
    }
  },
}

const followEnded: Race = {
  name: 're-login of a session that ran out',
  async round(site) {
    const { user, browser } = await somebody(site)
    await site.pass(minutes(5))
    const answers = await volley(site, () => post('/relogin', { password: user.password }, browser.jar))
    const given = answers.filter((answer) => cookiesIn(answer).get('session'))
    return {
      answers,
      effects: countLive(site, user.id),
      wanted: 1,
      others: ['303 /profile', '303 /login'],
      flaws: [given.length !== 1 && `A session cookie was given ${given.length} times.`],
    }
  },
}

const endDevice: Race = {
  name: 'a device is logged out from elsewhere',
  async round(site) {
    const { user, browser } = await somebody(site)
    const [own] = site.find('select id from sessions where user_id = ?', user.id)
    await logIn(site, user, true)
    const [other] = site.find('select id from sessions where user_id = ? and id != ?', user.id, `${own}`)
    const answers = await volley(site, () => post(`/settings/sessions/${other}/end`, {}, browser.jar))
    return {
      answers,
      effects: countEvents(site, user.id, 'session-ended'),
      wanted: 1,
      exactly: { '303 /settings/sessions': 1, '404': AT_ONCE - 1 },
      flaws: [
        countLive(site, user.id) !== 1 && 'Not exactly one session is left.',
        countSecrets(site, user.id) !== 0 && 'The device is still remembered.',
      ],
    }
  },
}

const fillSessions: Race = {
  name: `logins of somebody with ${MOST_SESSIONS - 2} sessions`,
  async round(site) {
    const user = await site.makeUser()
    await site.tell({ kind: 'sessions', id: user.id, count: MOST_SESSIONS - 2 })
    const { email, password } = user
    const answers = await volley(site, () => post('/login', { email, password }))
    return { answers, effects: countLive(site, user.id), wanted: MOST_SESSIONS, exactly: { '303 /profile': AT_ONCE } }
  },
}

export const sessionRaces = [rotate, steal, followEnded, endDevice, fillSessions]
