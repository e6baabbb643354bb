import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { base64url } from './encoding'

export type KeyPurpose = 'totp' | 'challenge' | 'recovery' | 'external'

/** `keyId` names the key of the ring, which a rotation may have replaced. */
export type Sealed = { ciphertext: string; keyId: string }

/** Where the secret belongs. A row that is moved to another user or table cannot be decrypted (ASVS 5.0, 11.3.3). */
export type SealedFor = { userId: string; table: string; id: string }

export interface KeyRing {
  readonly newestKeyId: string
  hasKey(keyId: string): boolean
  /** Encrypts with the newest key. */
  seal(purpose: KeyPurpose, text: string, owner: SealedFor): Sealed
  /** Undefined if the key is missing, the owner differs, or the ciphertext was changed. */
  unseal(purpose: KeyPurpose, sealed: Sealed, owner: SealedFor): string | undefined
  /** HMAC-SHA256 with the newest key, or with `keyId`. Undefined if that key is missing. */
  hmac(purpose: KeyPurpose, data: string | Uint8Array, keyId?: string): Buffer | undefined
  /** The values of all keys, the newest first: a value from before a rotation is still valid. */
  hmacs(purpose: KeyPurpose, data: string | Uint8Array): Buffer[]
}

export const KEY_BYTES = 32
const CIPHER = 'aes-256-gcm' // NIST SP 800-38D
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** All stored secrets depend on the labels, so they never change. */
const labels: Record<KeyPurpose, string> = {
  totp: 'key ring: totp',
  challenge: 'key ring: challenge',
  recovery: 'key ring: recovery',
  external: 'key ring: external',
}

/** `keys`: the newest first. HKDF-SHA256 (RFC 5869) derives one key per purpose. */
export function createKeyRing(keys: Uint8Array[], random: (bytes: number) => Uint8Array): KeyRing {
  const byId = new Map(keys.map((key) => [keyIdOf(key), deriveAll(key)]))
  const [newestKeyId] = byId.keys()
  if (newestKeyId === undefined) throw new Error('key ring failed: it has no key')
  const keyFor = (purpose: KeyPurpose, keyId: string) => byId.get(keyId)?.[purpose]
  const mac = (key: Buffer, data: string | Uint8Array) => createHmac('sha256', key).update(data).digest()

  return {
    newestKeyId,
    hasKey: (keyId) => byId.has(keyId),
    seal(purpose, text, owner) {
      const key = keyFor(purpose, newestKeyId)
      if (!key) throw new Error('key ring failed: the newest key is missing')
      const nonce = random(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(bytesOf(owner))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return { ciphertext: base64url(sealed), keyId: newestKeyId }
    },
    unseal(purpose, { ciphertext, keyId }, owner) {
      const key = keyFor(purpose, keyId)
      const bytes = Buffer.from(ciphertext, 'base64url')
      if (!key || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        decipher.setAAD(bytesOf(owner)).setAuthTag(bytes.subarray(-TAG_BYTES))
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
    hmac(purpose, data, keyId = newestKeyId) {
      const key = keyFor(purpose, keyId)
      return key && mac(key, data)
    },
    hmacs: (purpose, data) => Array.from(byId.values(), (keys) => mac(keys[purpose], data)),
  }
}

const keyIdOf = (key: Uint8Array) => createHash('sha256').update(key).digest('base64url').slice(0, 6)

const deriveAll = (key: Uint8Array) => ({
  totp: derive(key, labels.totp),
  challenge: derive(key, labels.challenge),
  recovery: derive(key, labels.recovery),
  external: derive(key, labels.external),
})

const derive = (key: Uint8Array, label: string) => Buffer.from(hkdfSync('sha256', key, '', label, KEY_BYTES))

const bytesOf = ({ userId, table, id }: SealedFor) => Buffer.from(`${userId}|${table}|${id}`)
