import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import { CONCURRENCY, count, countEvents, post, loggedInUser, sendConcurrently, type Race } from './race'

const MAX_TOKENS = 20
const FREE = 3
const form = { name: 'a token', scopes: 'profile:read', expires_days: '1' }
const ACTIVE = 'api_tokens where user_id = ? and revoked_at is null'

const createTokens = async (browser: Browser, count: number) => {
  for (let i = 0; i < count; i++) await browser.post('/settings/tokens', form)
}

const createAtLimit: Race = {
  name: `creation of the last ${FREE} API tokens`,
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await createTokens(browser, MAX_TOKENS - FREE)
    const answers = await sendConcurrently(site, () => post('/settings/tokens', form, browser.jar))
    const created = await countEvents(site, user.id, 'token-created')
    return {
      answers,
      effects: created - (MAX_TOKENS - FREE),
      allowed: FREE,
      exactly: { '200': FREE, '422': CONCURRENCY - FREE },
      failures: [(await count(site, ACTIVE, user.id)) !== MAX_TOKENS && `not exactly ${MAX_TOKENS} active tokens`],
    }
  },
}

const revoke: Race = {
  name: 'an API token is revoked',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await createTokens(browser, 1)
    const [id] = await site.find('select id from api_tokens where user_id = ?', user.id)
    const answers = await sendConcurrently(site, () => post(`/settings/tokens/${id}/revoke`, {}, browser.jar))
    return {
      answers,
      effects: await countEvents(site, user.id, 'token-revoked'),
      allowed: 1,
      exactly: { '303 /settings/tokens': 1, '404': CONCURRENCY - 1 },
      failures: [(await count(site, ACTIVE, user.id)) !== 0 && 'the token is still active'],
    }
  },
}

const replaySavedRequest: Race = {
  name: 'a saved request is sent',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await site.advance(minutes(5))
    await browser.post('/settings/tokens', form) // saved, because the session has expired
    await browser.post('/relogin', { password: user.password })
    const [savedId] = await site.find('select id from saved_requests where user_id = ?', user.id)
    const answers = await sendConcurrently(site, () => post('/resume', { id: `${savedId}` }, browser.jar))
    return {
      answers,
      effects: await countEvents(site, user.id, 'token-created'),
      allowed: 1,
      exactly: { '200': 1, '303 /dashboard': CONCURRENCY - 1 },
      failures: [
        (await count(site, 'saved_requests where user_id = ?', user.id)) !== 0 && 'the saved request still exists',
      ],
    }
  },
}

export const tokenRaces = [revoke, createAtLimit, replaySavedRequest]
