import { Browser } from '../support/browser'

// Load for a server that is killed. Each user signs up, logs in twice, creates and revokes a token, changes the password
// and logs out. Every response confirms which credentials work from then on.

/** Whether a confirmed credential works. Credentials of pending requests are missing. */
type Confirmed = Map<string, boolean>

type PendingChange = { email: string; from: string; to: string; elsewhere: Browser }

export type Load = ReturnType<typeof createLoad>

/** The server trusts `X-Forwarded-For`, so each browser can have its own IP. */
const openBrowser = (url: string, ip: string) =>
  new Browser((request) => {
    request.headers.set('x-forwarded-for', ip)
    return fetch(request, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  }, url)

let users = 0
/** A kill leaves pending hits, which would block later logins from the same source. */
export const randomIp = () => `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join('.')}`

export function createLoad(url: string) {
  const passwords: Confirmed = new Map()
  const tokens: Confirmed = new Map()
  const sessions = new Map<Browser, boolean>()
  const changes = new Set<PendingChange>()
  const countConfirmed = () => passwords.size + tokens.size + sessions.size

  async function logIn(email: string, password: string, ip: string) {
    const browser = openBrowser(url, ip)
    await expectStatus(303, browser.post('/login', { email, password }))
    sessions.set(browser, true)
    return browser
  }

  async function createAndRevokeToken(browser: Browser) {
    const form = { name: 'script', scopes: 'profile:read', expires_days: '1' }
    const { html } = await expectStatus(200, browser.post('/settings/tokens', form))
    const [, text = ''] = /id="new-token"[^>]*>(\w+)</.exec(html) ?? []
    tokens.set(text, true)
    const list = await expectStatus(200, browser.get('/settings/tokens')) // the newest is the first
    const [revokePath = ''] = /\/settings\/tokens\/[\w-]+\/revoke/.exec(list.html) ?? []
    tokens.delete(text)
    await expectStatus(303, browser.post(revokePath))
    tokens.set(text, false)
  }

  async function changePassword(browser: Browser, change: PendingChange) {
    const { email, from, to, elsewhere } = change
    const before = browser.copy()
    changes.add(change)
    for (const password of [from, to]) passwords.delete(`${email} ${password}`)
    for (const one of [browser, elsewhere]) sessions.delete(one)
    await expectStatus(303, browser.post('/settings/password', { password: from, new_password: to }))
    changes.delete(change)
    passwords.set(`${email} ${from}`, false).set(`${email} ${to}`, true)
    sessions.set(browser, true).set(before, false).set(elsewhere, false)
  }

  async function logOut(browser: Browser) {
    const before = browser.copy()
    sessions.delete(browser)
    await expectStatus(303, browser.post('/logout'))
    sessions.set(before, false)
  }

  async function runOne() {
    const [email, ip] = [`person${++users}@example.test`, randomIp()]
    const [from, to] = [`tin kettle ${users} of rain`, `slow lantern ${users} of moss`]
    await expectStatus(303, openBrowser(url, ip).post('/signup', { email, name: 'Person', password: from }))
    passwords.set(`${email} ${from}`, true)
    const [here, elsewhere] = [await logIn(email, from, ip), await logIn(email, from, ip)]
    await createAndRevokeToken(here)
    await changePassword(here, { email, from, to, elsewhere })
    await logOut(here)
  }

  return { passwords, tokens, sessions, changes, countConfirmed, runOne, logIn }
}

async function expectStatus<T extends { status: number }>(status: number, pending: Promise<T>) {
  const response = await pending
  if (response.status !== status) throw new Error(`status ${response.status} instead of ${status}`)
  return response
}

/** Checks credentials after the restart. `key` is an email address, a space and a password. */
export const createCheck = (url: string) => ({
  async password(key: string) {
    const [email = '', ...words] = key.split(' ')
    return (await openBrowser(url, randomIp()).post('/login', { email, password: words.join(' ') })).status === 303
  },
  token: async (text: string) =>
    (await openBrowser(url, randomIp()).ask('/api/me', { headers: { authorization: `Bearer ${text}` } })).status ===
    200,
  session: async (browser: Browser) => (await browser.get('/profile')).status === 200,
})
