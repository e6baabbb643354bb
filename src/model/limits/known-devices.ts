import type { Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import { isWellFormedToken, createToken } from '@/lib/random-token'
import type { User } from '@/model/types'

export const KNOWN_DEVICE_LIFETIME = days(180)

export async function findKnownDevice({ db, now }: Deps, canonicalEmail: string, token = '') {
  if (!isWellFormedToken(token)) return undefined
  return db
    .selectFrom('known_devices')
    .innerJoin('users', 'users.id', 'known_devices.user_id')
    .select('known_devices.id')
    .where('token_hash', '=', sha256(token))
    .where('canonical_email', '=', canonicalEmail)
    .where('expires_at', '>', now())
    .executeTakeFirst()
}

/** Returns a new token, so that one planted by an attacker stops working. Belongs in a transaction. */
export async function rememberKnownDevice(deps: Deps, { id: user_id }: Pick<User, 'id'>, previousToken = '') {
  const { token, token_hash } = createToken(deps)
  const known_at = deps.now()
  if (isWellFormedToken(previousToken)) {
    const previous = sha256(previousToken)
    await deps.db
      .deleteFrom('known_devices')
      .where('token_hash', '=', previous)
      .where('user_id', '=', user_id)
      .execute()
    await deps.db.updateTable('known_devices').set({ token_hash }).where('token_hash', '=', previous).execute()
  }
  const row = {
    id: base64url(deps.random(16)),
    token_hash,
    user_id,
    known_at,
    expires_at: known_at + KNOWN_DEVICE_LIFETIME,
    trust_expires_at: null,
    trust_version: null,
  }
  await deps.db.insertInto('known_devices').values(row).execute()
  await enforceMax(deps, row)
  return token
}

async function enforceMax(deps: Deps, { id, user_id }: { id: string; user_id: string }) {
  const { perUser, deletedAtOnce } = deps.config.rowCaps
  const oldest = deps.db
    .selectFrom('known_devices')
    .select('id')
    .where('user_id', '=', user_id)
    .where('id', '!=', id)
    .orderBy('known_at', 'desc')
    .orderBy('id')
    .offset(perUser.knownDevices - 1)
    .limit(deletedAtOnce)
  await forgetKnownDevices(deps, await oldest.execute())
}

/** The key of the failed attempts on this device. */
export const deviceKey = ({ id }: { id: string }) => sha256(`device ${id}`)

/** With their failed attempts: one user could fill that table with new devices, and it is capped for all users together. */
export async function forgetKnownDevices({ db }: Pick<Deps, 'db'>, devices: { id: string }[]) {
  if (devices.length === 0) return
  const ids = devices.map(({ id }) => id)
  await db.deleteFrom('known_devices').where('id', 'in', ids).execute()
  await db.deleteFrom('login_failures').where('key_hash', 'in', devices.map(deviceKey)).execute()
}

export const listKnownDevicesOf = ({ db }: Pick<Deps, 'db'>, { id }: Pick<User, 'id'>) =>
  db.selectFrom('known_devices').select('id').where('user_id', '=', id).execute()

export const forgetKnownDevicesOf = async (deps: Deps, user: Pick<User, 'id'>) =>
  forgetKnownDevices(deps, await listKnownDevicesOf(deps, user))

/** Every browser asks for the second step again. */
export const revokeTrustOf = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db
    .updateTable('known_devices')
    .set({ trust_expires_at: null, trust_version: null })
    .where('user_id', '=', id)
    .execute()
