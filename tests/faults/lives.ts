import { Browser } from '../support/browser'

// People whose lives a server is killed in: they sign up, log in twice, make and revoke a token, change their password and
// log out, one after the other, and note what each answer promised them.

/** What was promised of a key: that it opens, or that it opens no longer. Of one that is not in here nobody knows. */
export type Promised = Map<string, boolean>

/** A change of password that was asked for, and not answered yet. */
type Change = { email: string; from: string; to: string; elsewhere: Browser }

export type Lives = Awaited<ReturnType<typeof createLives>>

/** A browser somewhere in the world: the server believes the proxy that is not there. */
const openBrowser = (url: string, address: string) =>
  new Browser((request) => {
    request.headers.set('x-forwarded-for', address)
    return fetch(request, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  }, url)

let people = 0
/** For each another one: of one source, a guess that a kill cut off would count. */
export const anyAddress = () => `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join('.')}`

export function createLives(url: string) {
  const passwords: Promised = new Map()
  const tokens: Promised = new Map()
  const sessions = new Map<Browser, boolean>()
  const changes = new Set<Change>()
  const promised = () => passwords.size + tokens.size + sessions.size

  async function logIn(email: string, password: string, address: string) {
    const browser = openBrowser(url, address)
    await expectStatus(303, browser.post('/login', { email, password }))
    sessions.set(browser, true)
    return browser
  }

  async function makeAndRevokeToken(browser: Browser) {
    const wanted = { name: 'script', scopes: 'profile:read', expires_days: '1' }
    const { html } = await expectStatus(200, browser.post('/settings/tokens', wanted))
    const [text = '', revoke = ''] = [
      /id="new-token"[^>]*>(\w+)</.exec(html)?.[1],
      /\/settings\/tokens\/[\w-]+\/revoke/.exec(html)?.[0],
    ]
    tokens.set(text, true)
    await expectStatus(200, browser.get('/dashboard'))
    tokens.delete(text)
    await expectStatus(303, browser.post(revoke))
    tokens.set(text, false)
  }

  async function changePassword(browser: Browser, change: Change) {
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

  async function live() {
    const [email, address] = [`person${++people}@example.test`, anyAddress()]
    const [from, to] = [`tin kettle ${people} of rain`, `slow lantern ${people} of moss`]
    await expectStatus(303, openBrowser(url, address).post('/signup', { email, name: 'Person', password: from }))
    passwords.set(`${email} ${from}`, true)
    const [here, elsewhere] = [await logIn(email, from, address), await logIn(email, from, address)]
    await makeAndRevokeToken(here)
    await changePassword(here, { email, from, to, elsewhere })
    await logOut(here)
  }

  return { passwords, tokens, sessions, changes, promised, live, logIn }
}

async function expectStatus<T extends { status: number }>(status: number, answer: Promise<T>) {
  const answered = await answer
  if (answered.status !== status) throw new Error(`answered ${answered.status} instead of ${status}`)
  return answered
}

/** Whether a key opens, asked of the server that came up after the kill. */
export const opens = (url: string) => ({
  async password(key: string) {
    const [email = '', ...words] = key.split(' ')
    return (await openBrowser(url, anyAddress()).post('/login', { email, password: words.join(' ') })).status === 303
  },
  token: async (text: string) =>
    (await openBrowser(url, anyAddress()).ask('/api/me', { headers: { authorization: `Bearer ${text}` } })).status ===
    200,
  session: async (browser: Browser) => (await browser.get('/profile')).status === 200,
})
