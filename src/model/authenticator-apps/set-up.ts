import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import { createTotpSecret, findTotpStep, readTotpCode } from '@/lib/totp'
import type { User } from '@/model/types'
import { listApps } from './authenticator-apps'
import { openSecret, sealSecret } from './secret'

const TABLE = 'authenticator_apps'
const SETUP_TIMEOUT = minutes(15)
const MAX_SETUP_ATTEMPTS = 10

type Owner = Pick<User, 'id'>

/**
 * Starts a set-up with a new secret, in place of an earlier one. Returns false if the user has the maximum of apps. Belongs
 * in a transaction.
 */
export async function createUnconfirmedApp(deps: Deps, user: Owner) {
  const { db, now, random, config } = deps
  await deleteUnconfirmedApps(deps, user)
  if ((await listApps(deps, user)).length >= config.rowCaps.perUser.authenticatorApps) return false
  const id = base64url(random(16))
  const sealed = sealSecret(deps, createTotpSecret(deps), { id, userId: user.id })
  const row = { id, user_id: user.id, name: '', ...sealed }
  await db
    .insertInto(TABLE)
    .values({ ...row, created_at: now(), expires_at: now() + SETUP_TIMEOUT })
    .execute()
  return true
}

export const deleteUnconfirmedApps = ({ db }: Deps, { id }: Owner) =>
  db.deleteFrom(TABLE).where('user_id', '=', id).where('confirmed_at', 'is', null).execute()

/** The app that the user is setting up. Undefined if there is none, if it has expired, or if its key is missing. */
export async function findUnconfirmedApp(deps: Deps, user: Owner) {
  const row = await deps.db
    .selectFrom(TABLE)
    .select(['id', 'user_id', 'secret_ciphertext', 'key_id'])
    .where('user_id', '=', user.id)
    .where('confirmed_at', 'is', null)
    .where('expires_at', '>', deps.now())
    .executeTakeFirst()
  const secret = row && openSecret(deps, row)
  return row && secret !== undefined ? { id: row.id, secret } : undefined
}

/** `secret`: for the same page again. */
export type SetupCode =
  { kind: 'ok'; step: number; secret: string } | { kind: 'wrong'; secret: string; step?: number } | { kind: 'gone' }

/**
 * Checks the first code of an app, which counts as an attempt; the last allowed one deletes the row. `step` of a wrong code:
 * it fits to another time than now. Only a user who knows the secret may learn that, because more steps are more codes to try.
 */
export async function checkSetupCode(deps: Deps, user: Owner, appId: string, text: string): Promise<SetupCode> {
  const now = deps.now()
  const row = await deps.db
    .updateTable(TABLE)
    .set((eb) => ({ attempt_count: eb('attempt_count', '+', 1) }))
    .where('id', '=', appId)
    .where('user_id', '=', user.id)
    .where('confirmed_at', 'is', null)
    .where('expires_at', '>', now)
    .where('attempt_count', '<', MAX_SETUP_ATTEMPTS)
    .returning(['id', 'user_id', 'secret_ciphertext', 'key_id', 'attempt_count'])
    .executeTakeFirst()
  const secret = row && openSecret(deps, row)
  if (!row || secret === undefined) return { kind: 'gone' }
  const code = readTotpCode(text)
  const step = code && findTotpStep(secret, code, now)
  if (step) return { kind: 'ok', step, secret }
  if (row.attempt_count >= MAX_SETUP_ATTEMPTS) {
    await deleteUnconfirmedApps(deps, user)
    return { kind: 'gone' }
  }
  return { kind: 'wrong', secret, step: code ? findTotpStep(secret, code, now, CLOCK_HINT_STEPS) : undefined }
}

/** Ten minutes. */
const CLOCK_HINT_STEPS = 20

type Confirmation = { appId: string; step: number; name: string }

/**
 * The code of the set-up is used up. Returns false if the app is gone or the user has the maximum of apps. Belongs in the
 * transaction that calls `changeFactors`.
 */
export async function confirmApp({ db, now, config }: Deps, user: Owner, { appId, step, name }: Confirmation) {
  const confirmed = await db
    .updateTable(TABLE)
    .set({ name, confirmed_at: now(), last_used_step: step, expires_at: null })
    .where('id', '=', appId)
    .where('user_id', '=', user.id)
    .where('confirmed_at', 'is', null)
    .where('expires_at', '>', now())
    .where(
      ({ selectFrom }) =>
        selectFrom('authenticator_apps as other')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .where('other.user_id', '=', user.id)
          .where('other.confirmed_at', 'is not', null),
      '<',
      config.rowCaps.perUser.authenticatorApps,
    )
    .returning('id')
    .executeTakeFirst()
  return confirmed !== undefined
}
