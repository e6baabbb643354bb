import { createKeyRing } from '@/lib/key-ring'

/** A ring of keys that consist of one repeated byte each, the newest first. A test site has the key 0. */
export const keyRing = (...bytes: number[]) =>
  createKeyRing(
    bytes.map((byte) => new Uint8Array(32).fill(byte)),
    (length) => crypto.getRandomValues(new Uint8Array(length)),
  )
