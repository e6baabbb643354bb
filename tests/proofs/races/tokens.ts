import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import { AT_ONCE, count, countEvents, post, somebody, volley, type Race } from './race'

const MOST_TOKENS = 20
const ROOM = 3 // of the twenty who ask, so many find a place
const wanted = { name: 'a token', scopes: 'profile:read', expires_days: '1' }
const LIVE = 'api_tokens where user_id = ? and revoked_at is null'

const makeTokens = async (browser: Browser, howMany: number) => {
  for (let i = 0; i < howMany; i++) await browser.post('/settings/tokens', wanted)
}

const createAtLimit: Race = {
  name: `the last ${ROOM} API tokens that one may have`,
  async round(site) {
    const { user, browser } = await somebody(site)
    await makeTokens(browser, MOST_TOKENS - ROOM)
    const answers = await volley(site, () => post('/settings/tokens', wanted, browser.jar))
    const made = countEvents(site, user.id, 'token-created')
    return {
      answers,
      effects: made - (MOST_TOKENS - ROOM),
      wanted: ROOM,
      exactly: { '200': ROOM, '422': AT_ONCE - ROOM },
      flaws: [count(site, LIVE, user.id) !== MOST_TOKENS && `There are not ${MOST_TOKENS} tokens.`],
    }
  },
}

const revoke: Race = {
  name: 'an API token is revoked',
  async round(site) {
    const { user, browser } = await somebody(site)
    await makeTokens(browser, 1)
    const [id] = site.find('select id from api_tokens where user_id = ?', user.id)
    const answers = await volley(site, () => post(`/settings/tokens/${id}/revoke`, {}, browser.jar))
    return {
      answers,
      effects: countEvents(site, user.id, 'token-revoked'),
      wanted: 1,
      exactly: { '303 /settings/tokens': 1, '404': AT_ONCE - 1 },
      flaws: [count(site, LIVE, user.id) !== 0 && 'The token still lives.'],
    }
  },
}

const replayDraft: Race = {
  name: 'a form that waited is sent',
  async round(site) {
    const { user, browser } = await somebody(site)
    await site.pass(minutes(5))
    await browser.post('/settings/tokens', wanted) // too late: it waits
    await browser.post('/relogin', { password: user.password })
    const [draft] = site.find('select id from saved_requests where user_id = ?', user.id)
    const answers = await volley(site, () => post('/resume', { id: `${draft}` }, browser.jar))
    return {
      answers,
      effects: countEvents(site, user.id, 'token-created'),
      wanted: 1,
      exactly: { '200': 1, '303 /dashboard': AT_ONCE - 1 },
      flaws: [count(site, 'saved_requests where user_id = ?', user.id) !== 0 && 'The form still waits.'],
    }
  },
}

export const tokenRaces = [revoke, createAtLimit, replayDraft]
