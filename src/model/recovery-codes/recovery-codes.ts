import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import { CODES_PER_SET, createRecoveryCode, readRecoveryCode } from '@/lib/recovery-code-format'
import type { User } from '@/model/types'

const SALT_BYTES = 16
const HASH_BYTES = 32
/** Until then the user may say that the codes are saved. */
export const SAVE_TIMEOUT = minutes(15)

type Owner = Pick<User, 'id'>

const deriveHash = promisify(argon2)

type SetKey = { salt: string; key_id: string }

/** Undefined if the key is missing. The HMAC: a stolen database alone is not enough to try out codes. */
async function hashCode({ config, keys, hashQueue }: Deps, code: string, { salt, key_id }: SetKey, source: string) {
  const message = keys.hmac('recovery', code, key_id)
  if (message === undefined) return undefined
  const { memory, time } = config.recoveryCodes.cost
  const nonce = Buffer.from(salt, 'base64url')
  const cost = { parallelism: 1, tagLength: HASH_BYTES, memory, passes: time }
  return base64url(await hashQueue.run(source, () => deriveHash('argon2id', { message, nonce, ...cost })))
}

export type NewSet = { setId: string; codes: string[] }

type HashedSet = NewSet & SetKey & { hashes: string[] }

/** Throws `QueueFull` if too many hashes wait. Stores nothing: `addRecoveryCodes` does. */
export async function createRecoveryCodes(deps: Deps, source = ''): Promise<HashedSet> {
  const [setId, salt] = [base64url(deps.random(16)), base64url(deps.random(SALT_BYTES))]
  const key = { salt, key_id: deps.keys.newestKeyId }
  const codes = Array.from({ length: CODES_PER_SET }, () => createRecoveryCode(deps))
  const hashes: string[] = []
  for (const code of codes) {
    const hash = await hashCode(deps, code, key, source)
    if (hash === undefined) throw new Error('recovery codes failed: the newest key is missing')
    hashes.push(hash)
  }
  return { setId, ...key, codes, hashes }
}

/**
 * Stores a set that is not active yet, in place of an earlier one that was not saved. The active set keeps working until
 * the new one is saved. Belongs in a transaction.
 */
export async function addRecoveryCodes(deps: Deps, user: Owner, { setId, salt, key_id, hashes }: HashedSet) {
  await deleteUnsavedCodes(deps, user)
  const set = { user_id: user.id, set_id: setId, salt, key_id, created_at: deps.now() }
  const rows = hashes.map((code_hash) => ({ id: base64url(deps.random(16)), code_hash, ...set }))
  await deps.db.insertInto('recovery_codes').values(rows).execute()
}

const deleteUnsavedCodes = ({ db }: Deps, { id }: Owner) =>
  db.deleteFrom('recovery_codes').where('user_id', '=', id).where('is_active', '=', 0).execute()

/**
 * The user has saved the codes: they replace the active set. Returns false if the set was replaced or has expired. Belongs
 * in the transaction that calls `changeFactors`.
 */
export async function saveRecoveryCodes({ db, now }: Deps, { id }: Owner, setId?: string) {
  const [unsaved] = await db
    .selectFrom('recovery_codes')
    .select('set_id')
    .where('user_id', '=', id)
    .where('is_active', '=', 0)
    .where('created_at', '>', now() - SAVE_TIMEOUT)
    .execute()
  if (!unsaved || (setId !== undefined && unsaved.set_id !== setId)) return false
  await db.deleteFrom('recovery_codes').where('user_id', '=', id).where('set_id', '!=', unsaved.set_id).execute()
  await db.updateTable('recovery_codes').set({ is_active: 1 }).where('set_id', '=', unsaved.set_id).execute()
  return true
}

const activeOf = ({ db }: Deps, { id }: Owner) =>
  db.selectFrom('recovery_codes').where('user_id', '=', id).where('is_active', '=', 1)

/**
 * The hash of a typed code, which `consumeRecoveryCode` looks for; at most one argon2id. Undefined if the text is no code, if
 * the user has none, or if the key of the set is missing. Throws `QueueFull`; then nothing is used up.
 */
export async function hashRecoveryCode(deps: Deps, user: Owner, text: string, source = '') {
  const code = readRecoveryCode(text)
  if (code === undefined) return undefined
  const set = await activeOf(deps, user).select(['salt', 'key_id']).limit(1).executeTakeFirst()
  if (!set) return undefined
  if (!deps.keys.hasKey(set.key_id))
    deps.log.error({ userId: user.id, keyId: set.key_id }, 'recovery code failed: SECRET_KEYS lacks its key')
  return hashCode(deps, code, set, source)
}

/** Whether `consumeRecoveryCode` would use a code up. */
export async function hasRecoveryCode(deps: Deps, user: Owner, hash: string) {
  const unused = activeOf(deps, user).select('id').where('code_hash', '=', hash).where('used_at', 'is', null)
  return (await unused.executeTakeFirst()) !== undefined
}

/**
 * Uses the code up. Undefined if it is wrong or was used. The caller records the event `recovery-code-used`. Belongs in the
 * transaction that starts or renews the session.
 */
export async function consumeRecoveryCode(deps: Deps, user: Owner, hash: string) {
  const used = await deps.db
    .updateTable('recovery_codes')
    .set({ used_at: deps.now() })
    .where('user_id', '=', user.id)
    .where('code_hash', '=', hash)
    .where('is_active', '=', 1)
    .where('used_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return used && { left: await countRecoveryCodes(deps, user) }
}

/** The unused codes of the active set. */
export async function countRecoveryCodes(deps: Deps, user: Owner) {
  const unused = activeOf(deps, user).where('used_at', 'is', null)
  const { count } = await unused.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()
  return Number(count)
}

/** Undefined if the user never saved a set. */
export async function findRecoveryCodes(deps: Deps, user: Owner) {
  const set = await activeOf(deps, user).select('created_at').limit(1).executeTakeFirst()
  return set && { left: await countRecoveryCodes(deps, user), createdAt: set.created_at }
}

/** How many users have an active set that needs this key. */
export const countRecoverySetsByKey = ({ db }: Deps) =>
  db
    .selectFrom('recovery_codes')
    .select(({ fn }) => ['key_id', fn.count<number>('set_id').distinct().as('count')])
    .where('is_active', '=', 1)
    .where('used_at', 'is', null)
    .groupBy('key_id')
    .execute()
