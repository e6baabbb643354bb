import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import type { ProofSite } from '../site'
import { cookiesIn, type Answer } from '../http'
import { countLive, get, post, somebody, volleyAround, type Race } from './race'

/** Whether any session cookie that was given on the way still opens the door. */
async function countOpen(site: ProofSite, answers: Answer[]) {
  const tokens = answers.flatMap((answer) => cookiesIn(answer).get('session') || [])
  const pages = await Promise.all(tokens.map((token) => site.browser().get('/profile', { cookie: `session=${token}` })))
  return pages.filter(({ status }) => status === 200).length
}

const againstRequests: Race = {
  name: 'logout among requests by session and by remember token',
  async round(site) {
    const { user, browser } = await somebody(site, { isRemembered: true })
    const closed = browser.copy()
    closed.close()
    const { answers, after } = await volleyAround(site, post('/logout', {}, browser.jar), (i) =>
      get('/profile', i % 2 ? browser.jar : closed.jar),
    )
    const isIn = after.filter(({ status }) => status === 200)
    return {
      answers,
      effects: isIn.length + countLive(site, user.id) + (await countOpen(site, answers)),
      wanted: 0,
      exactly: { '303 /': 1 },
      others: ['200', '303 /login'],
    }
  },
}

/** The login is no longer fresh, though the session lives. */
async function becomeStale(site: ProofSite, browser: Browser) {
  await site.pass(minutes(4))
  await browser.get('/probe')
  await site.pass(minutes(4))
}

const againstRelogin = (
  name: string,
  become: (site: ProofSite, browser: Browser) => Promise<unknown>,
  when?: 'after the first',
): Race => ({
  name: `logout among re-logins of a session that ${name}${when ? `, ${when}` : ''}`,
  async round(site) {
    const { user, browser } = await somebody(site)
    await become(site, browser)
    const relogin = () => post('/relogin', { password: user.password }, browser.jar)
    const { answers } = await volleyAround(site, post('/logout', {}, browser.jar), relogin, when)
    return {
      answers,
      effects: countLive(site, user.id) + (await countOpen(site, answers)),
      wanted: 0,
      exactly: { '303 /': 1 },
      others: ['303 /profile', '303 /login'],
    }
  },
})

const runOut = (site: ProofSite) => site.pass(minutes(5))

export const logoutRaces = [
  againstRequests,
  againstRelogin('is stale', becomeStale),
  againstRelogin('is stale', becomeStale, 'after the first'),
  againstRelogin('ran out', runOut),
  againstRelogin('ran out', runOut, 'after the first'),
]
