import type { Deps } from '@/deps/deps'
import { findTotpStep, readTotpCode } from '@/lib/totp'
import type { User } from '@/model/types'
import { openSecret } from './secret'

const TABLE = 'authenticator_apps'

type Owner = Pick<User, 'id'>

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
