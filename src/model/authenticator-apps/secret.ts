import type { Deps } from '@/deps/deps'

const TABLE = 'authenticator_apps'

type StoredSecret = { id: string; user_id: string; secret_ciphertext: string; key_id: string }

/** With the newest key. */
export function sealSecret({ keys }: Deps, secret: string, { id, userId }: { id: string; userId: string }) {
  const { ciphertext, keyId } = keys.seal('totp', secret, { userId, table: TABLE, id })
  return { secret_ciphertext: ciphertext, key_id: keyId }
}

/** Undefined if the key is missing or the row was changed. The factor is refused, and two-step verification stays on. */
export function openSecret({ keys, log }: Deps, { id, user_id, secret_ciphertext, key_id }: StoredSecret) {
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
