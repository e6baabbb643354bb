import { base64url } from './encoding'

// AES-256-GCM (NIST SP 800-38D), with a key for each seal, drawn from a secret by HKDF-SHA256 (RFC 5869).
const NONCE = 12 // bytes

/** What a seal is bound to, besides the secret: each seal has a salt of its own, and whom it is for is checked with it. */
export type Binding = { secret: string; salt: string; owner: string }

const bytesOf = (text: string) => new TextEncoder().encode(text)

async function openKey({ secret, salt }: Binding) {
  const material = await crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveKey'])
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: bytesOf(salt), info: bytesOf('saved request v1') }
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

const cipher = (nonce: Uint8Array<ArrayBuffer>, { owner }: Binding) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: bytesOf(owner),
})

/** Seals a text with a fresh nonce. Only who has the secret can read or change it. */
export async function seal(text: string, binding: Binding, random: (bytes: number) => Uint8Array) {
  const nonce = Uint8Array.from(random(NONCE))
  const sealed = await crypto.subtle.encrypt(cipher(nonce, binding), await openKey(binding), bytesOf(text))
  return base64url(Buffer.concat([nonce, new Uint8Array(sealed)]))
}

/** The text again, or undefined where the seal is not this binding's, or was broken. */
export async function unseal(sealed: string, binding: Binding) {
  const bytes = Uint8Array.from(Buffer.from(sealed, 'base64url'))
  try {
    const key = await openKey(binding)
    const text = await crypto.subtle.decrypt(cipher(bytes.slice(0, NONCE), binding), key, bytes.slice(NONCE))
    return new TextDecoder().decode(text)
  } catch {
    return undefined
  }
}
