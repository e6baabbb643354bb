import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'
import { uniqueFactorName } from '@/model/users/factor-name'

export type Passkey = Selectable<Schema['passkeys']>

export const passkeyColumns = [
  'passkeys.id',
  'passkeys.user_id',
  'passkeys.credential_id',
  'passkeys.public_key',
  'passkeys.algorithm',
  'passkeys.sign_count',
  'passkeys.transports',
  'passkeys.aaguid',
  'passkeys.rp_id',
  'passkeys.is_discoverable',
  'passkeys.is_user_verifying',
  'passkeys.is_backup_eligible',
  'passkeys.is_backed_up',
  'passkeys.name',
  'passkeys.created_via',
  'passkeys.created_at',
  'passkeys.last_used_at',
  'passkeys.last_login_at',
  'passkeys.flagged_at',
] as const satisfies `passkeys.${keyof Passkey}`[]

/** `flagged`: it may have been copied. `foreign`: it belongs to another `PASSKEY_DOMAIN`. Neither is a factor. */
export type PasskeyState = 'active' | 'flagged' | 'foreign'

export type ListedPasskey = Passkey & { state: PasskeyState }

/** Browsers offer passkeys only there (WebAuthn, section 5.1.3). */
export function canUsePasskeys({ config }: Pick<Deps, 'config'>) {
  const { protocol, hostname } = new URL(config.appUrl)
  const isName = !/^[\d.]+$|^\[/.test(hostname)
  return isName && (protocol === 'https:' || /(^|\.)localhost$/.test(hostname))
}

/** The domain of the passkeys that work here. Empty, as that of no passkey, where none can work. */
const usableDomain = (deps: Pick<Deps, 'config'>) => (canUsePasskeys(deps) ? deps.config.passkeyDomain : '')

/** The condition for the state `active`. */
export const isUsable =
  (deps: Pick<Deps, 'config'>) =>
  ({ and, eb }: ExpressionBuilder<Schema, 'passkeys'>) =>
    and([eb('passkeys.rp_id', '=', usableDomain(deps)), eb('passkeys.flagged_at', 'is', null)])

/** The condition for `standsAlone`. */
export const isUsableAlone = (deps: Pick<Deps, 'config'>) => (passkeys: ExpressionBuilder<Schema, 'passkeys'>) =>
  passkeys.and([
    isUsable(deps)(passkeys),
    passkeys('passkeys.is_discoverable', '=', 1),
    passkeys('passkeys.is_user_verifying', '=', 1),
  ])

export async function listPasskeys(deps: Deps, { id }: Pick<User, 'id'>): Promise<ListedPasskey[]> {
  const passkeys = await deps.db
    .selectFrom('passkeys')
    .select(passkeyColumns)
    .where('user_id', '=', id)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return passkeys.map((passkey) => ({ ...passkey, state: stateOf(passkey, usableDomain(deps)) }))
}

function stateOf({ flagged_at, rp_id }: Passkey, domain: string): PasskeyState {
  if (flagged_at !== null) return 'flagged'
  return rp_id === domain ? 'active' : 'foreign'
}

/** Whether any account has it. */
export const isRegistered = async ({ db }: Pick<Deps, 'db'>, credentialId: string) =>
  (await db.selectFrom('passkeys').select('id').where('credential_id', '=', credentialId).executeTakeFirst()) !==
  undefined

/** Whether a login with this passkey needs nothing else. */
export const standsAlone = ({ state, is_discoverable, is_user_verifying }: ListedPasskey) =>
  state === 'active' && is_discoverable === 1 && is_user_verifying === 1

/** For a list of users: the numbers of their passkeys by user id. */
export async function countPasskeysOf({ db }: Deps, users: Pick<User, 'id'>[]) {
  if (users.length === 0) return new Map<string, number>() // PostgreSQL rejects an empty list
  const ids = users.map(({ id }) => id)
  const rows = await db
    .selectFrom('passkeys')
    .select(({ fn }) => ['user_id', fn.countAll().as('count')])
    .where('user_id', 'in', ids)
    .groupBy('user_id')
    .execute()
  return new Map(rows.map(({ user_id, count }) => [user_id, Number(count)]))
}

/** Returns false if the user has no passkey with this id. The name is valid. */
export async function renamePasskey(deps: Deps, user: Pick<User, 'id'>, id: string, typed: string) {
  const others = (await listPasskeys(deps, user)).filter((one) => one.id !== id)
  const name = uniqueFactorName(
    typed,
    others.map((one) => one.name),
  )
  const renamed = await deps.db
    .updateTable('passkeys')
    .set({ name })
    .where('id', '=', id)
    .where('user_id', '=', user.id)
    .returning('id')
    .executeTakeFirst()
  return renamed !== undefined
}
