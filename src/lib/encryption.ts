import { base64url } from './encoding'

// AES-256-GCM (NIST SP 800-38D), with a key for each seal, drawn from a secret by HKDF-SHA256 (RFC 5869).
const NONCE_BYTES = 12 // bytes

/** What a seal is bound to, besides the secret: each seal has a salt of its own, and whom it is for is checked with it. */
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

/** Seals a text with a fresh nonce. Only who has the secret can read or change it. */
export async function seal(text: string, binding: EncryptionContext, random: (bytes: number) => Uint8Array) {
  const nonce = Uint8Array.from(random(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt(aesParams(nonce, binding), await deriveKey(binding), bytesOf(text))
  return base64url(Buffer.concat([nonce, new Uint8Array(sealed)]))
}

/** The text again, or undefined where the seal is not this binding's, or was broken. */
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
