import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { formatRecoveryCode } from '@/lib/recovery-code-format'
import { totpCodeAt } from '@/lib/totp'
import { changeFactors } from '@/model/accounts/factors/change-factors'
import { confirmApp, createUnconfirmedApp, findUnconfirmedApp } from '@/model/authenticator-apps/set-up'
import { addRecoveryCodes, createRecoveryCodes, saveRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import type { User } from '@/model/types'
import type { Site } from './site'

type Deps = Pick<Site, 'deps'>
type Owner = Pick<User, 'id'>

/** A confirmed authenticator app, none of whose codes is used up. Two-step verification stays as it is. */
export async function addApp({ deps }: Deps, user: Owner, name = 'Phone') {
  const started = await inTransaction(deps, (deps) => createUnconfirmedApp(deps, user), {
    locks: [accountLock(user.id)],
  })
  const app = started ? await findUnconfirmedApp(deps, user) : undefined
  if (!app || !(await confirmApp(deps, user, { appId: app.id, step: 0, name }))) throw new Error('no app was added')
  return {
    ...app,
    /** The code that the app shows at the test clock, or `steps` of 30 seconds later. */
    code: (steps = 0) => totpCodeAt(app.secret, deps.now() + steps * 30_000),
  }
}

/** Ten active recovery codes, as the user wrote them down. */
export async function addCodes({ deps }: Deps, user: Owner) {
  const set = await createRecoveryCodes(deps)
  await inTransaction(
    deps,
    async (deps) => {
      await addRecoveryCodes(deps, user, set)
      await saveRecoveryCodes(deps, user)
    },
    { locks: [accountLock(user.id)] },
  )
  return set.codes.map(formatRecoveryCode)
}

/** Ends other sessions, as the form does. Without an event and a mail. */
export const turnOnTwoStep = ({ deps }: Deps, user: Owner) =>
  inTransaction(
    deps,
    async (deps) => {
      const on = { two_step_enabled_at: deps.now(), two_step_setup_at: null }
      await deps.db.updateTable('users').set(on).where('id', '=', user.id).execute()
      await changeFactors(deps, user, 'two-step-on')
    },
    { locks: [accountLock(user.id)] },
  )
