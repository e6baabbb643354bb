import type { Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import { isWellFormedToken, createToken } from '@/lib/random-token'
import type { User } from '@/model/types'

/** How long a browser is known after its last login. */
export const KNOWN_DEVICE_LIFETIME = days(180)

/** The browser with this token, if whoever has this canonical address typed their password in it before. */
export async function findKnownDevice({ db, now }: Deps, address: string, token = '') {
  if (!isWellFormedToken(token)) return undefined
  const known = db
    .selectFrom('known_devices')
    .innerJoin('users', 'users.id', 'known_devices.user_id')
    .select('known_devices.id')
    .where('token_hash', '=', sha256(token))
    .where('canonical_email', '=', address)
  return known.where('expires_at', '>', now()).executeTakeFirst()
}

/**
 * Knows this browser from now on, and hands out its token: a new one at each login, so that whoever planted the last one
 * knows it no longer. Others who share the browser stay known with it. Belongs in a transaction.
 */
export async function rememberKnownDevice(deps: Deps, { id: user_id }: Pick<User, 'id'>, last = '') {
  const { token, token_hash } = createToken(deps)
  const known_at = deps.now()
  if (isWellFormedToken(last)) {
    const before = sha256(last)
    await deps.db.deleteFrom('known_devices').where('token_hash', '=', before).where('user_id', '=', user_id).execute()
    await deps.db.updateTable('known_devices').set({ token_hash }).where('token_hash', '=', before).execute()
  }
  const row = {
    id: base64url(deps.random(16)),
    token_hash,
    user_id,
    known_at,
    expires_at: known_at + KNOWN_DEVICE_LIFETIME,
  }
  await deps.db.insertInto('known_devices').values(row).execute()
  await enforceMax(deps, row)
  return token
}

/** The oldest give way to the new one. */
async function enforceMax({ db, config }: Deps, { id, user_id }: { id: string; user_id: string }) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const oldest = db
    .selectFrom('known_devices')
    .select('id')
    .where('user_id', '=', user_id)
    .where('id', '!=', id)
    .orderBy('known_at', 'desc')
    .orderBy('id')
    .offset(perUser.knownDevices - 1)
    .limit(deletedAtOnce)
  await db.deleteFrom('known_devices').where('id', 'in', oldest).execute()
}

/** Forgets a browser: whoever guesses in it is a stranger. */
export const forgetKnownDevice = ({ db }: Pick<Deps, 'db'>, { id }: { id: string }) =>
  db.deleteFrom('known_devices').where('id', '=', id).execute()

/** Forgets all the user's browsers. */
export const forgetKnownDevicesOf = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.deleteFrom('known_devices').where('user_id', '=', id).execute()
