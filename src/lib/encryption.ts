import { base64url } from './encoding'

// AES-256-GCM (NIST SP 800-38D). HKDF-SHA256 (RFC 5869) derives one key per ciphertext.
const NONCE_BYTES = 12

/** `salt` is unique for each ciphertext. `owner` is authenticated, but not part of the ciphertext. */
export type EncryptionContext = { secret: string; salt: string; owner: string }

const bytesOf = (text: string) => new TextEncoder().encode(text)

async function deriveKey({ secret, salt }: EncryptionContext) {
  const material = await crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveKey'])
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: bytesOf(salt), info: bytesOf('saved request v1') }
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

const aesParams = (nonce: Uint8Array<ArrayBuffer>, { owner }: EncryptionContext) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: bytesOf(owner),
})

export async function seal(text: string, binding: EncryptionContext, random: (bytes: number) => Uint8Array) {
  const nonce = Uint8Array.from(random(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt(aesParams(nonce, binding), await deriveKey(binding), bytesOf(text))
  return base64url(Buffer.concat([nonce, new Uint8Array(sealed)]))
}

/** Returns undefined if the context differs or the ciphertext was changed. */
export async function unseal(sealed: string, binding: EncryptionContext) {
  const bytes = Uint8Array.from(Buffer.from(sealed, 'base64url'))
  try {
    const key = await deriveKey(binding)
    const text = await crypto.subtle.decrypt(
      aesParams(bytes.slice(0, NONCE_BYTES), binding),
      key,
      bytes.slice(NONCE_BYTES),
    )
    return new TextDecoder().decode(text)
  } catch {
    return undefined
  }
}
