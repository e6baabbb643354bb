import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import type { ProofSite } from '../site'
import { cookiesIn, type Answer } from '../http'
import { countActive, get, makeStale, post, loggedInUser, sendAround, type Race } from './race'

/** Counts session cookies of these responses that still authenticate. */
async function countValid(site: ProofSite, answers: Answer[]) {
  const tokens = answers.flatMap((answer) => cookiesIn(answer).get('session') || [])
  const pages = await Promise.all(tokens.map((token) => site.browser().get('/profile', { cookie: `session=${token}` })))
  return pages.filter(({ status }) => status === 200).length
}

const againstRequests: Race = {
  name: 'logout among requests with session and remember token',
  async round(site) {
    const { user, browser } = await loggedInUser(site, { isRemembered: true })
    const closed = browser.copy()
    closed.close()
    const { sent, after } = await sendAround(site, post('/logout', {}, browser.jar), (i) =>
      get('/profile', i % 2 ? browser.jar : closed.jar),
    )
    const succeeded = after.filter(({ status }) => status === 200)
    return {
      ...sent,
      effects: succeeded.length + (await countActive(site, user.id)) + (await countValid(site, sent.answers)),
      allowed: 0,
      exactly: { '303 /': 1 },
      others: ['200', '303 /login'],
    }
  },
}

const againstRelogin = (
  name: string,
  prepare: (site: ProofSite, browser: Browser) => Promise<unknown>,
  when?: 'after the first',
): Race => ({
  name: `logout among re-logins of ${name}${when ? `, ${when}` : ''}`,
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await prepare(site, browser)
    const relogin = () => post('/relogin', { password: user.password }, browser.jar)
    const { sent } = await sendAround(site, post('/logout', {}, browser.jar), relogin, when)
    return {
      ...sent,
      effects: (await countActive(site, user.id)) + (await countValid(site, sent.answers)),
      allowed: 0,
      exactly: { '303 /': 1 },
      others: ['303 /profile', '303 /login'],
    }
  },
})

const expire = (site: ProofSite) => site.advance(minutes(5))

export const logoutRaces = [
  againstRequests,
  againstRelogin('a stale session', makeStale),
  againstRelogin('a stale session', makeStale, 'after the first'),
  againstRelogin('an expired session', expire),
  againstRelogin('an expired session', expire, 'after the first'),
]
