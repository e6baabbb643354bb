import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'

/** The arguments of the Signal API of browsers. */
export type AcceptedPasskeys = {
  rpId: string
  userId: string
  name: string
  displayName: string
  allAcceptedCredentialIds: string[]
}

/** Undefined for a user who never had a passkey. After the last one is removed, the list is empty, but the handle stays. */
export async function acceptedPasskeys(
  { db, config }: Deps,
  { id, email, name }: Pick<User, 'id' | 'email' | 'name'>,
): Promise<AcceptedPasskeys | undefined> {
  const rows = await db
    .selectFrom('users')
    .leftJoin('passkeys', (join) =>
      join.onRef('passkeys.user_id', '=', 'users.id').on('passkeys.rp_id', '=', config.passkeyDomain),
    )
    .select(['passkey_user_handle', 'credential_id'])
    .where('users.id', '=', id)
    .execute()
  const userId = rows[0]?.passkey_user_handle
  if (!userId) return undefined
  const allAcceptedCredentialIds = rows.flatMap(({ credential_id }) => credential_id ?? [])
  return { rpId: config.passkeyDomain, userId, name: email, displayName: name, allAcceptedCredentialIds }
}
