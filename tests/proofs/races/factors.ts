import type { Browser } from '../../support/browser'
import { readNewCodes, readSetup } from '../../support/read-two-step'
import { totpCodeAt } from '@/lib/totp'
import type { Person, ProofSite } from '../site'
import { CONCURRENCY, count, countActive, countEvents, logIn, loggedInUser, post, sendConcurrently } from './race'
import type { Race } from './race'
import { addPasskey } from './passkeys'
import { logInWithRecoveryCode } from './second-steps'
import { logInWithPasskey } from '../../support/add-passkeys'

const SECURITY = '/settings/security'
/** A request that came too late: the session has a new token, or there is nothing to do. */
const TOO_LATE = ['303 /login', '303 /relogin', '403', '404', '409', '422']

const startSetup: Race = {
  name: 'start of the set-up of an app',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    const answers = await sendConcurrently(site, () => post(`${SECURITY}/app/new`, {}, browser.jar))
    return {
      answers,
      effects: await count(site, 'authenticator_apps where user_id = ?', user.id),
      allowed: 1,
      exactly: { [`303 ${SECURITY}/app/new`]: CONCURRENCY },
    }
  },
}

/** The code is that of the clock of the proofs, which is ahead. */
async function beginSetup(site: ProofSite) {
  const { user, browser } = await loggedInUser(site)
  await browser.post(`${SECURITY}/app/new`)
  const { app, secret } = await readSetup(browser)
  return { user, browser, fields: { app, code: await totpCodeAt(secret, Number(await site.send({ kind: 'clock' }))) } }
}

const confirmApp: Race = {
  name: 'the first code of a new app',
  async round(site) {
    const { user, browser, fields } = await beginSetup(site)
    const answers = await sendConcurrently(site, () => post(`${SECURITY}/app`, fields, browser.jar))
    return {
      answers,
      effects: await countEvents(site, user.id, 'factor-added'),
      allowed: 1,
      exactly: { [`303 ${SECURITY}/recovery-codes`]: 1 },
      others: TOO_LATE,
      failures: [
        (await count(site, 'authenticator_apps where user_id = ? and confirmed_at is not null', user.id)) !== 1 &&
          'not exactly one app',
        (await countActive(site, user.id)) !== 1 && 'not exactly one session',
      ],
    }
  },
}

const saveCodes: Race = {
  name: 'recovery codes are saved, which turns two-step verification on',
  async round(site) {
    const { user, browser, fields } = await beginSetup(site)
    await browser.post(`${SECURITY}/app`, fields)
    const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
    const answers = await sendConcurrently(site, () =>
      post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set }, browser.jar),
    )
    return {
      answers,
      effects: await countEvents(site, user.id, 'two-step-enabled'),
      allowed: 1,
      exactly: { [`303 ${SECURITY}`]: 1 },
      others: TOO_LATE,
      failures: [
        (await countEvents(site, user.id, 'recovery-codes-created')) !== 1 &&
          'not exactly one set of codes is announced',
        (await count(site, 'recovery_codes where user_id = ? and is_active = 1', user.id)) !== 10 &&
          'not ten active codes',
        (await countActive(site, user.id)) !== 1 && 'not exactly one session',
      ],
    }
  },
}

const turnOff: Race = {
  name: 'two-step verification is turned off',
  async round(site) {
    const { user, browsers } = await logInWithRecoveryCode(site, 1)
    const answers = await sendConcurrently(site, () =>
      post(`${SECURITY}/two-step/off`, { confirmed: 'yes' }, browsers[0]?.jar),
    )
    return {
      answers,
      effects: await countEvents(site, user.id, 'two-step-disabled'),
      allowed: 1,
      exactly: { [`303 ${SECURITY}`]: 1 },
      others: TOO_LATE,
    }
  },
}

const removeApp: Race = {
  name: 'the only app is removed',
  async round(site) {
    const { user, browsers } = await logInWithRecoveryCode(site, 1)
    const [id] = await site.find('select id from authenticator_apps where user_id = ?', user.id)
    const answers = await sendConcurrently(site, () =>
      post(`${SECURITY}/app/${id}/remove`, { confirmed: 'yes' }, browsers[0]?.jar),
    )
    return {
      answers,
      effects: await countEvents(site, user.id, 'factor-removed'),
      allowed: 1,
      exactly: { [`303 ${SECURITY}`]: 1 },
      others: TOO_LATE,
      failures: [
        (await countEvents(site, user.id, 'two-step-disabled')) !== 1 && 'not exactly one event two-step-disabled',
      ],
    }
  },
}

/** Without a confirmation, two-step verification stays on. */
const removeBoth: Race = {
  name: 'both second factors are removed by two browsers',
  async round(site) {
    const { user, browsers } = await logInWithRecoveryCode(site, 2)
    const [one, other] = browsers
    if (!one || !other) throw new Error('two browsers are needed')
    await site.send({ kind: 'passkey', id: user.id })
    const [app] = await site.find('select id from authenticator_apps where user_id = ?', user.id)
    const [passkey] = await site.find('select id from passkeys where user_id = ?', user.id)
    const answers = await sendConcurrently(site, (i) =>
      i % 2
        ? post(`${SECURITY}/app/${app}/remove`, {}, one.jar)
        : post(`${SECURITY}/passkeys/${passkey}/remove`, {}, other.jar),
    )
    return {
      answers,
      effects:
        (await count(site, 'authenticator_apps where user_id = ?', user.id)) +
        (await count(site, 'passkeys where user_id = ?', user.id)),
      allowed: 1,
      exactly: { [`303 ${SECURITY}`]: 1 },
      others: ['200', ...TOO_LATE], // 200: the page that asks for a confirmation
      failures: [
        (await count(site, 'users where id = ? and two_step_enabled_at is not null', user.id)) !== 1 &&
          'two-step verification is off',
      ],
    }
  },
}

/** The user has a passkey, and is logged in by password in two browsers. No mailed code can log in. */
async function withTwoBrowsers(site: ProofSite) {
  const { user, browser } = await loggedInUser(site)
  const passkey = await addPasskey(site, browser)
  return { user, passkey, one: browser, other: await logIn(site, user) }
}

const ways = async (site: ProofSite, { id }: Person & { id: string }) =>
  (await count(site, 'passkeys where user_id = ?', id)) +
  (await count(site, 'users where id = ? and password_hash is not null', id))

const lastWay = (
  name: string,
  prepare: (site: ProofSite) => Promise<{
    user: Person & { id: string }
    paths: [path: string, browser: Browser][]
  }>,
): Race => ({
  name: `the last two ways to log in are removed: ${name}`,
  async round(site) {
    const { user, paths } = await prepare(site)
    await site.emailLogin(false)
    const answers = await sendConcurrently(site, (i) => {
      const [path, browser] = paths[i % paths.length] ?? ['', undefined]
      return post(path, { confirmed: 'yes' }, browser?.jar)
    })
    await site.emailLogin(true)
    return {
      answers,
      effects: await ways(site, user),
      allowed: 1,
      exactly: { [`303 ${SECURITY}`]: 1 },
      others: TOO_LATE,
    }
  },
})

const removePath = (id: unknown) => `${SECURITY}/passkeys/${id}/remove`

const twoPasskeys = lastWay('two passkeys', async (site) => {
  const { user, one, other } = await withTwoBrowsers(site)
  await addPasskey(site, one)
  await site.send({ kind: 'remove-password', id: user.id })
  const [first, second] = await site.find('select id from passkeys where user_id = ?', user.id)
  return { user, paths: [[removePath(first), one], [removePath(second), other]] } // prettier-ignore
})

const passwordAndPasskey = lastWay('the password and a passkey', async (site) => {
  const { user, passkey, one, other } = await withTwoBrowsers(site)
  await site.send({ kind: 'verify', id: user.id })
  await logInWithPasskey(site.browser(), passkey) // a passkey that was never used replaces no password
  const [id] = await site.find('select id from passkeys where user_id = ?', user.id)
  return { user, paths: [[removePath(id), one], [`${SECURITY}/password/remove`, other]] } // prettier-ignore
})

export const factorRaces = [
  startSetup,
  confirmApp,
  saveCodes,
  turnOff,
  removeApp,
  removeBoth,
  twoPasskeys,
  passwordAndPasskey,
]
