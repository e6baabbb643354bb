import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { totpCodeAt } from '@/lib/totp'
import { createUnconfirmedApp, findUnconfirmedApp } from '@/model/authenticator-apps/set-up'
import { insertFactorReset } from '@/model/factor-resets/factor-resets'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { addRecoveryCodes, createRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import type { User } from '@/model/types'
import { addApp, addCodes, turnOnTwoStep } from '../support/add-factors'
import { addPasskey } from '../support/add-passkeys'
import type { Browser } from '../support/browser'

export const ann = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }

type Request = { path: string; fields: Record<string, string> }

/** A change that must happen as a whole, and its account. */
export type FactorChange = {
  name: string
  /** Writes what the account has. Returns the last request, and what the browser does before it. */
  seed(deps: Deps, user: User): Promise<{ prepare(browser: Browser): Promise<unknown>; request(): Promise<Request> }>
  /** Whether the outcome that the response reported is still there. By default the browser is logged in. */
  holds?(browser: Browser): Promise<boolean>
}

const SECURITY = '/settings/security'

const enterPassword = (browser: Browser) => browser.post('/login', ann)

const codeOf = (secret: string) => totpCodeAt(secret, Date.now())

async function withTwoStep(deps: Deps, user: User) {
  const [app, codes] = [await addApp({ deps }, user), await addCodes({ deps }, user)]
  await turnOnTwoStep({ deps }, user)
  return { app, recovery_code: codes[0] ?? '' }
}

const isLoggedIn = async (browser: Browser) => (await browser.get(SECURITY)).status === 200

const secondStepByCode: FactorChange = {
  name: 'a login with a code',
  async seed(deps, user) {
    const { app } = await withTwoStep(deps, user)
    const request = async () => ({
      path: '/login/second-step',
      fields: { code: await codeOf(app.secret), trust: 'yes' },
    })
    return { prepare: enterPassword, request }
  },
}

const secondStepByRecoveryCode: FactorChange = {
  name: 'a login with a recovery code',
  async seed(deps, user) {
    const { recovery_code } = await withTwoStep(deps, user)
    return { prepare: enterPassword, request: async () => ({ path: '/login/second-step', fields: { recovery_code } }) }
  },
}

const firstCode: FactorChange = {
  name: 'the first code of an app',
  async seed(deps, user) {
    await inTransaction(deps, (deps) => createUnconfirmedApp(deps, user), { locks: userLocks(user) })
    const app = await findUnconfirmedApp(deps, user)
    if (!app) throw new Error('no app was created')
    const request = async () => ({ path: `${SECURITY}/app`, fields: { app: app.id, code: await codeOf(app.secret) } })
    return { prepare: enterPassword, request }
  },
}

const endOfSetup: FactorChange = {
  name: 'the end of the set-up',
  async seed(deps, user) {
    await addApp({ deps }, user)
    await deps.db.updateTable('users').set({ two_step_setup_at: deps.now() }).execute()
    const set = await createRecoveryCodes(deps)
    await inTransaction(deps, (deps) => addRecoveryCodes(deps, user, set), { locks: userLocks(user) })
    const fields = { saved: 'yes', set: set.setId }
    return { prepare: enterPassword, request: async () => ({ path: `${SECURITY}/recovery-codes/saved`, fields }) }
  },
}

const turnOff: FactorChange = {
  name: 'the end of two-step verification',
  async seed(deps, user) {
    const { recovery_code } = await withTwoStep(deps, user)
    const prepare = async (browser: Browser) => {
      await enterPassword(browser)
      await browser.post('/login/second-step', { recovery_code })
    }
    return { prepare, request: async () => ({ path: `${SECURITY}/two-step/off`, fields: { confirmed: 'yes' } }) }
  },
}

const removePasskey: FactorChange = {
  name: 'the removal of a passkey',
  async seed(deps, user) {
    const { id } = await addPasskey({ deps }, user)
    const request = async () => ({ path: `${SECURITY}/passkeys/${id}/remove`, fields: { everywhere: 'yes' } })
    return { prepare: enterPassword, request }
  },
}

const finishReset: FactorChange = {
  name: 'the end of a delayed reset',
  async seed(deps, user) {
    await withTwoStep(deps, user)
    const token = await inTransaction(
      deps,
      async (deps) => {
        const reset = await insertFactorReset(deps, user, deps.now())
        return issueOneTimeToken(deps, 'factor-reset-finish', user, { factorResetId: reset?.id })
      },
      { locks: userLocks(user) },
    )
    const prepare = async (browser: Browser) => browser.keep('one-time', token)
    return { prepare, request: async () => ({ path: '/login/reset-factors', fields: { action: 'finish' } }) }
  },
  async holds(browser) {
    await enterPassword(browser)
    return isLoggedIn(browser)
  },
}

export const isStillDone = ({ holds = isLoggedIn }: FactorChange, browser: Browser) => holds(browser)

export const factorChanges = [
  secondStepByCode,
  secondStepByRecoveryCode,
  firstCode,
  endOfSetup,
  turnOff,
  removePasskey,
  finishReset,
]
