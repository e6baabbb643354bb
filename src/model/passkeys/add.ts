import type { PasskeyOrigin } from '@db/factor-tables'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { authenticatorName } from '@/lib/authenticator-names'
import { base64url } from '@/lib/encoding'
import type { User } from '@/model/types'
import { uniqueFactorName } from '@/model/users/factor-name'
import { listPasskeys, standsAlone, type Passkey } from './passkeys'
import type { NewPasskey } from './verify-attestation'

const DEFAULT_NAME = 'Passkey'

export type SignUpPasskey = {
  passkey: NewPasskey
  /** The handle that the challenge was bound to. */
  userHandle: string
}

/** How a new user will log in. The passkey needs nothing else. */
export type SignUpMethod = { password: string } | { passkey: SignUpPasskey }

export type PasskeyToAdd = SignUpPasskey & {
  /** The name that the user typed. */
  name: string
  via: PasskeyOrigin
}

/** `taken`: an account has this passkey. `full`: the user has the most that is allowed. `failed`: another tab set another handle. */
export type AddedPasskey =
  { kind: 'added'; id: string; standsAlone: boolean } | { kind: 'taken' } | { kind: 'full' } | { kind: 'failed' }

/** Belongs in a transaction with the lock of the account. A change of factors ends more: see `addPasskey`. */
export async function insertPasskey(
  deps: Deps,
  user: Pick<User, 'id'>,
  { passkey, userHandle, name, via }: PasskeyToAdd,
): Promise<AddedPasskey> {
  requireLock(deps, accountLock(user.id))
  const present = await listPasskeys(deps, user)
  if (present.length >= deps.config.rowCaps.perUser.passkeys) return { kind: 'full' }
  if (!(await saveHandle(deps, user, userHandle))) return { kind: 'failed' }
  const id = base64url(deps.random(16))
  const row = {
    ...passkey,
    id,
    user_id: user.id,
    name: uniqueFactorName(
      name.trim() || authenticatorName(passkey.aaguid) || DEFAULT_NAME,
      present.map((one) => one.name),
    ),
    created_via: via,
    created_at: deps.now(),
    last_used_at: null,
    last_login_at: null,
    flagged_at: null,
  } satisfies Passkey
  const inserted = await deps.db
    .insertInto('passkeys')
    .values(row)
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted ? { kind: 'added', id, standsAlone: standsAlone({ ...row, state: 'active' }) } : { kind: 'taken' }
}

/** For a new account. Throws if the passkey is taken: the account would have no way to log in. Returns its id. */
export async function insertSignUpPasskey(deps: Deps, user: Pick<User, 'id'>, passkey: SignUpPasskey) {
  const added = await insertPasskey(deps, user, { ...passkey, name: '', via: 'signup' })
  if (added.kind !== 'added') throw new Error(`sign-up failed: the passkey is ${added.kind}`)
  return added.id
}

/** The first passkey decides about the handle. One with another handle could never log in. */
async function saveHandle({ db }: Deps, { id }: Pick<User, 'id'>, passkey_user_handle: string) {
  const saved = await db
    .updateTable('users')
    .set({ passkey_user_handle })
    .where('id', '=', id)
    .where(({ or, eb }) =>
      or([eb('passkey_user_handle', 'is', null), eb('passkey_user_handle', '=', passkey_user_handle)]),
    )
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}
