import {
  createAuthenticator,
  passkeyOptions,
  type Authenticator,
  type CreationOptions,
} from '../../support/authenticator'
import type { Browser } from '../../support/browser'
import { assertionFor, registerPasskey } from '../../support/add-passkeys'
import type { Answer } from '../http'
import type { Person, ProofSite } from '../site'
import {
  CONCURRENCY,
  count,
  countActive,
  countEvents,
  get,
  loggedInUser,
  makeStale,
  post,
  sendConcurrently,
} from './race'
import type { Race } from './race'

// A challenge counts once, whatever it is for. The counter of the passkey rises, so a second use would flag the passkey.

type User = Person & { id: string }

const newAuthenticator = (site: ProofSite) => createAuthenticator({ origin: site.url, counter: 1 })

const countPasskeys = (site: ProofSite, userId: string) => count(site, 'passkeys where user_id = ?', userId)

const isFlagged = async (site: ProofSite, userId: string) =>
  (await count(site, 'passkeys where user_id = ? and flagged_at is not null', userId)) > 0 && 'the passkey is blocked'

export async function addPasskey(site: ProofSite, browser: Browser) {
  const authenticator = newAuthenticator(site)
  const { status } = await registerPasskey(browser, authenticator)
  if (status !== 303) throw new Error(`the passkey was refused with ${status}`)
  await browser.get('/probe')
  return authenticator
}

async function userWithPasskey(site: ProofSite) {
  const { user, browser } = await loggedInUser(site)
  return { user, browser, passkey: await addPasskey(site, browser) }
}

const optionsOn = async (browser: Browser, path: string) => passkeyOptions((await browser.get(path)).html)

const useOfAssertion = (
  name: string,
  {
    prepare,
    effects,
    answers: expected,
    copies = CONCURRENCY,
  }: {
    /** The browser, the path of the form, and the assertion. */
    prepare(
      site: ProofSite,
      one: { user: User; browser: Browser; passkey: Authenticator },
    ): Promise<{ browser: Browser; path: string; assertion: string }>
    effects(site: ProofSite, user: User): Promise<number>
    answers: { exactly?: Record<string, number>; others?: string[] }
    /** The other requests read the home page. */
    copies?: number
  },
): Race => ({
  name: `one answer of a passkey: ${name}`,
  async round(site) {
    const one = await userWithPasskey(site)
    const { browser, path, assertion } = await prepare(site, one)
    const before = await effects(site, one.user)
    const answers = await sendConcurrently(site, (i) =>
      i < copies ? post(path, { assertion }, browser.jar) : get('/', browser.jar),
    )
    return {
      answers,
      effects: (await effects(site, one.user)) - before,
      allowed: 1,
      ...expected,
      failures: [await isFlagged(site, one.user.id)],
    }
  },
})

const countLogins = (site: ProofSite, { id }: User) => countEvents(site, id, 'logged-in')
const countSessions = (site: ProofSite, { id }: User) => count(site, 'sessions where user_id = ?', id)

const login = useOfAssertion('login', {
  async prepare(site, { passkey }) {
    const browser = site.browser()
    return { browser, path: '/login/passkey', assertion: await assertionFor(browser, passkey) }
  },
  effects: countSessions,
  answers: { exactly: { '303 /profile': 1, '422': CONCURRENCY - 1 } },
})

const secondStep = useOfAssertion('second step', {
  async prepare(site, { user, passkey }) {
    await site.send({ kind: 'two-step', id: user.id })
    const browser = site.browser()
    await browser.post('/login', user)
    const assertion = passkey.get(await optionsOn(browser, '/login/second-step'))
    return { browser, path: '/login/second-step/passkey', assertion }
  },
  effects: countLogins,
  answers: { others: ['200', '303 /profile', '303 /login', '303 /login/second-step', '422'] },
  copies: 4, // each counts as a failure until it is verified, and the fifth failure ends the login
})

const stepUp = useOfAssertion('re-login', {
  async prepare(site, { browser, passkey }) {
    await makeStale(site, browser)
    return { browser, path: '/relogin/passkey', assertion: passkey.get(await optionsOn(browser, '/relogin')) }
  },
  effects: (site, { id }) => countEvents(site, id, 'reauthenticated'),
  answers: { others: ['303 /profile', '303 /login', '422'] },
})

const reset = useOfAssertion('new password', {
  async prepare(site, { user, passkey }) {
    await site.send({ kind: 'verify', id: user.id })
    await site.send({ kind: 'two-step', id: user.id })
    const browser = site.browser()
    browser.keep('one-time', `${await site.send({ kind: 'token', id: user.id, purpose: 'reset-password' })}`)
    const assertion = passkey.get(await optionsOn(browser, '/reset-password'))
    return { browser, path: '/reset-password/second-step/passkey', assertion }
  },
  effects: (site, { id }) => count(site, "one_time_tokens where user_id = ? and second_step = 'proved'", id),
  answers: { others: ['303 /reset-password', '422'] },
})

/** The first request gives the session a new token, so others may come with the old one. */
const OF_SESSION = ['303 /settings/security', '303 /login', '303 /relogin', '403', '409', '422']

const registration = (
  name: string,
  optionsFor: (site: ProofSite, user: User, browser: Browser) => Promise<CreationOptions>,
): Race => ({
  name: `one answer of a new passkey: ${name}`,
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    const options = await optionsFor(site, user, browser)
    const fields = { attestation: newAuthenticator(site).create(options), user_handle: options.user.id }
    const answers = await sendConcurrently(site, () => post('/settings/security/passkeys', fields, browser.jar))
    return {
      answers,
      effects: await countPasskeys(site, user.id),
      allowed: 1,
      exactly: { '303 /settings/security': 1 },
      others: OF_SESSION,
      failures: [
        (await countEvents(site, user.id, 'factor-added')) !== 1 && 'not exactly one event factor-added',
        (await countActive(site, user.id)) !== 1 && 'not exactly one session',
      ],
    }
  },
})

const register = registration('settings', (_site, _user, browser) =>
  optionsOn(browser, '/settings/security/passkeys/new'),
)

const upgrade = registration('after a login', async (site, { id }) => {
  const answer = await site.send({ kind: 'upgrade', id })
  return (answer as { options: CreationOptions }).options
})

let signUps = 0

/** Each request has another address. */
const signUp: Race = {
  name: 'one answer of a new passkey: sign-up',
  async round(site) {
    const first = signUps
    signUps += CONCURRENCY
    const options: CreationOptions = await optionsOn(site.browser(), '/signup')
    const fields = { name: 'Ann', attestation: newAuthenticator(site).create(options), user_handle: options.user.id }
    const answers: Answer[] = await sendConcurrently(site, (i) =>
      post('/signup', { ...fields, email: `key-${first + i}@example.test` }),
    )
    const created = 'users where passkey_user_handle = ?'
    return {
      answers,
      effects: await count(site, created, options.user.id),
      allowed: 1,
      exactly: { '303 /login': 1, '422': CONCURRENCY - 1 },
      failures: [
        (await count(
          site,
          `passkeys join users on users.id = user_id where passkey_user_handle = ?`,
          options.user.id,
        )) !== 1 && 'not exactly one passkey',
      ],
    }
  },
}

export const passkeyRaces = [login, secondStep, stepUp, reset, register, upgrade, signUp]
