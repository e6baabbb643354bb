import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import { createTotpSecret, findTotpStep, readTotpCode } from '@/lib/totp'
import type { User } from '@/model/types'

const TABLE = 'authenticator_apps'
const SETUP_TIMEOUT = minutes(15)
const MAX_SETUP_ATTEMPTS = 10

type Owner = Pick<User, 'id'>
type StoredSecret = { id: string; user_id: string; secret_ciphertext: string; key_id: string }

export type AuthenticatorApp = { id: string; name: string; confirmed_at: number; last_used_at: number | null }

const confirmedOf = ({ db }: Deps, { id }: Owner) =>
  db.selectFrom(TABLE).where('user_id', '=', id).where('confirmed_at', 'is not', null)

/** The confirmed apps of a user, the oldest first. */
export const listApps = (deps: Deps, user: Owner): Promise<AuthenticatorApp[]> =>
  confirmedOf(deps, user)
    .select(['id', 'name', 'confirmed_at', 'last_used_at'])
    .$narrowType<{ confirmed_at: number }>()
    .orderBy('confirmed_at')
    .orderBy('id')
    .execute()

/**
 * Starts a set-up with a new secret, in place of an earlier one. Returns false if the user has the maximum of apps. Belongs
 * in a transaction.
 */
export async function createUnconfirmedApp(deps: Deps, user: Owner) {
  const { db, now, random, keys, config } = deps
  await deleteUnconfirmedApps(deps, user)
  if ((await listApps(deps, user)).length >= config.rowCaps.perUser.authenticatorApps) return false
  const id = base64url(random(16))
  const { ciphertext, keyId } = keys.seal('totp', createTotpSecret(deps), { userId: user.id, table: TABLE, id })
  const row = { id, user_id: user.id, name: '', secret_ciphertext: ciphertext, key_id: keyId }
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

/** Undefined if the key is missing or the row was changed. The factor is refused, and two-step verification stays on. */
function openSecret({ keys, log }: Deps, { id, user_id, secret_ciphertext, key_id }: StoredSecret) {
  const owner = { userId: user_id, table: TABLE, id }
  const secret = keys.unseal('totp', { ciphertext: secret_ciphertext, keyId: key_id }, owner)
  if (secret === undefined)
    log.error(
      { userId: user_id, appId: id, keyId: key_id },
      keys.hasKey(key_id)
        ? 'authenticator app failed: its secret cannot be decrypted'
        : 'authenticator app failed: SECRET_KEYS lacks its key',
    )
  return secret
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

export const findApp = async (deps: Deps, user: Owner, id: string) =>
  (await listApps(deps, user)).find((app) => app.id === id)

/** Returns false if the user has no confirmed app with this id. */
export async function renameApp({ db }: Deps, user: Owner, id: string, name: string) {
  const renamed = await db
    .updateTable(TABLE)
    .set({ name })
    .where('id', '=', id)
    .where('user_id', '=', user.id)
    .where('confirmed_at', 'is not', null)
    .returning('id')
    .executeTakeFirst()
  return renamed !== undefined
}

/** Returns false if the user has no confirmed app with this id. Belongs in the transaction that calls `changeFactors`. */
export async function deleteApp({ db }: Deps, user: Owner, id: string) {
  const deleted = await db
    .deleteFrom(TABLE)
    .where('id', '=', id)
    .where('user_id', '=', user.id)
    .where('confirmed_at', 'is not', null)
    .returning('id')
    .executeTakeFirst()
  return deleted !== undefined
}

export type AppMatch = { appId: string; step: number }

/** The app whose code this is. Writes nothing: `consumeAppCode` uses the code up. */
export async function matchAppCode(deps: Deps, user: Owner, text: string): Promise<AppMatch | undefined> {
  const code = readTotpCode(text)
  if (code === undefined) return undefined
  const apps = await confirmedOf(deps, user)
    .select(['id', 'user_id', 'secret_ciphertext', 'key_id', 'last_used_step'])
    .execute()
  const now = deps.now()
  for (const app of apps) {
    const secret = openSecret(deps, app)
    const step = secret === undefined ? undefined : findTotpStep(secret, code, now)
    if (step !== undefined && step > app.last_used_step) return { appId: app.id, step }
  }
}

/**
 * Uses the code up. Returns false if this code or a later one was used meanwhile: each code works once, and none works after
 * a later one (CVE-2015-7225, CVE-2021-43177, CVE-2022-25838). Belongs in the transaction that starts or renews the session.
 */
export async function consumeAppCode({ db, now }: Deps, { appId, step }: AppMatch) {
  const used = await db
    .updateTable(TABLE)
    .set({ last_used_step: step, last_used_at: now() })
    .where('id', '=', appId)
    .where('confirmed_at', 'is not', null)
    .where('last_used_step', '<', step)
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

/** Encrypts all secrets with the newest key. Returns how many it encrypted, and how many lack their key. */
export async function resealApps(deps: Deps) {
  const counts = { resealed: 0, failed: 0 }
  for (const { id } of await listOlderSecrets(deps)) counts[(await resealApp(deps, id)) ? 'resealed' : 'failed']++
  return counts
}

const listOlderSecrets = ({ db, keys }: Deps) =>
  db.selectFrom(TABLE).select('id').where('key_id', '!=', keys.newestKeyId).execute()

const resealApp = (deps: Deps, id: string) =>
  inTransaction(deps, async (deps) => {
    const columns = ['id', 'user_id', 'secret_ciphertext', 'key_id'] as const
    const row = await deps.db.selectFrom(TABLE).select(columns).where('id', '=', id).executeTakeFirst()
    if (!row) return true // removed meanwhile
    const secret = openSecret(deps, row)
    if (secret === undefined) return false
    const { ciphertext, keyId } = deps.keys.seal('totp', secret, { userId: row.user_id, table: TABLE, id })
    await deps.db
      .updateTable(TABLE)
      .set({ secret_ciphertext: ciphertext, key_id: keyId })
      .where('id', '=', id)
      .execute()
    return true
  })

/** How many confirmed apps each key has encrypted. */
export const countAppsByKey = ({ db }: Deps) =>
  db
    .selectFrom(TABLE)
    .select(({ fn }) => ['key_id', fn.countAll<number>().as('count')])
    .where('confirmed_at', 'is not', null)
    .groupBy('key_id')
    .execute()
