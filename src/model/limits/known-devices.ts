import { sendWrite } from '@db/send-write'
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

type Remember = { startsTrust?: boolean }

/**
 * Returns a new token, so that one planted by an attacker stops working. The trust of this browser moves with it, and ends
 * when it would have ended. So do its wrong codes: the password alone, in a trusted browser, must not begin a new count.
 * Belongs in a transaction.
 */
export async function rememberKnownDevice(
  deps: Deps,
  { id: user_id }: Pick<User, 'id'>,
  previousToken = '',
  { startsTrust = false }: Remember = {},
) {
  const { token, token_hash } = createToken(deps)
  const known_at = deps.now()
  const previous = isWellFormedToken(previousToken)
    ? await replaceToken(deps, user_id, previousToken, token_hash)
    : undefined
  const trust = startsTrust && deps.config.trustedBrowser > 0 ? await newTrust(deps, user_id) : previous
  const row = {
    id: previous?.id ?? base64url(deps.random(16)),
    token_hash,
    user_id,
    known_at,
    expires_at: known_at + KNOWN_DEVICE_LIFETIME,
    trust_expires_at: trust?.trust_expires_at ?? null,
    trust_version: trust?.trust_version ?? null,
  }
  await sendWrite(deps.db, deps.db.insertInto('known_devices').values(row))
  if (!previous) await enforceMax(deps, row)
  return token
}

/** Deletes the row of this user, and gives those of other users of the browser the new token. */
async function replaceToken({ db }: Deps, userId: string, previousToken: string, token_hash: string) {
  const previous = sha256(previousToken)
  const own = await db
    .deleteFrom('known_devices')
    .where('token_hash', '=', previous)
    .where('user_id', '=', userId)
    .returning(['id', 'trust_expires_at', 'trust_version'])
    .executeTakeFirst()
  await sendWrite(db, db.updateTable('known_devices').set({ token_hash }).where('token_hash', '=', previous))
  return own
}

async function newTrust({ db, now, config }: Deps, userId: string) {
  const user = db.selectFrom('users').select('factors_version').where('id', '=', userId)
  const { factors_version } = await user.executeTakeFirstOrThrow()
  return { trust_expires_at: now() + config.trustedBrowser, trust_version: factors_version }
}

/** Whether this user chose to skip the second step in this browser. Any change of factors ends that. */
export async function isTrustedBrowser(deps: Deps, user: Pick<User, 'id' | 'factors_version'>, token = '') {
  if (deps.config.trustedBrowser === 0 || !isWellFormedToken(token)) return false
  const trusted = trustedBy(deps, user).where('token_hash', '=', sha256(token))
  return (await trusted.select('id').executeTakeFirst()) !== undefined
}

export async function countTrustedBrowsers(deps: Deps, user: Pick<User, 'id' | 'factors_version'>) {
  if (deps.config.trustedBrowser === 0) return 0
  const { count } = await trustedBy(deps, user)
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

const trustedBy = ({ db, now }: Deps, { id, factors_version }: Pick<User, 'id' | 'factors_version'>) =>
  db
    .selectFrom('known_devices')
    .where('user_id', '=', id)
    .where('trust_version', '=', factors_version)
    .where('trust_expires_at', '>', now())
    .where('expires_at', '>', now())

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

/** The key of the wrong passwords on this device. */
export const deviceKey = ({ id }: { id: string }) => sha256(`device ${id}`)
/** The key of the wrong codes on this device. */
export const codesKeyOfDevice = ({ id }: { id: string }) => sha256(`second-factor device ${id}`)

/** With their failed attempts: one user could fill that table with new devices, and it is capped for all users together. */
export async function forgetKnownDevices({ db }: Pick<Deps, 'db'>, devices: { id: string }[]) {
  if (devices.length === 0) return
  const ids = devices.map(({ id }) => id)
  await sendWrite(db, db.deleteFrom('known_devices').where('id', 'in', ids))
  const keys = devices.flatMap((device) => [deviceKey(device), codesKeyOfDevice(device)])
  await sendWrite(db, db.deleteFrom('login_failures').where('key_hash', 'in', keys))
}

export const listKnownDevicesOf = ({ db }: Pick<Deps, 'db'>, { id }: Pick<User, 'id'>) =>
  db.selectFrom('known_devices').select('id').where('user_id', '=', id).execute()

export const forgetKnownDevicesOf = async (deps: Deps, user: Pick<User, 'id'>) =>
  forgetKnownDevices(deps, await listKnownDevicesOf(deps, user))

/** Every browser asks for the second step again, except one with the token `keep`. */
export const revokeTrustOf = ({ db }: Deps, { id }: Pick<User, 'id'>, keep = '') =>
  sendWrite(
    db,
    db
      .updateTable('known_devices')
      .set({ trust_expires_at: null, trust_version: null })
      .where('user_id', '=', id)
      .where('token_hash', '!=', sha256(keep)),
  )
