import { expect, test } from 'bun:test'
import { createKeyRing } from '@/lib/key-ring'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const owner = { userId: 'ann', table: 'authenticator_apps', id: 'a' }

test('a sealed secret opens for its owner, and each ciphertext differs', () => {
  const keys = createKeyRing([NEW], random)
  const [sealed, again] = [keys.seal('totp', 'secret', owner), keys.seal('totp', 'secret', owner)]
  expect(keys.unseal('totp', sealed, owner)).toBe('secret')
  expect(sealed.ciphertext).not.toBe(again.ciphertext)
  expect(sealed.keyId).toBe(keys.newestKeyId)
  expect(sealed.keyId).toHaveLength(6)
})

test.each([
  { ...owner, userId: 'eve' },
  { ...owner, table: 'external_identities' },
  { ...owner, id: 'b' },
])('a sealed secret does not open for %p', (other) => {
  const keys = createKeyRing([NEW], random)
  expect(keys.unseal('totp', keys.seal('totp', 'secret', owner), other)).toBeUndefined()
})

test('a secret of another purpose, a changed one and an empty one do not open', () => {
  const keys = createKeyRing([NEW], random)
  const { ciphertext, keyId } = keys.seal('totp', 'secret', owner)
  expect(keys.unseal('external', { ciphertext, keyId }, owner)).toBeUndefined()
  const changed = ciphertext.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  for (const text of [changed, ciphertext.slice(0, -2), '', 'A']) {
    expect(keys.unseal('totp', { ciphertext: text, keyId }, owner)).toBeUndefined()
  }
})

test('a ring with a newer key opens old secrets, and without the old key it does not', () => {
  const sealed = createKeyRing([OLD], random).seal('totp', 'secret', owner)
  const both = createKeyRing([NEW, OLD], random)
  expect(both.unseal('totp', sealed, owner)).toBe('secret')
  expect(both.seal('totp', 'secret', owner).keyId).not.toBe(sealed.keyId)
  const without = createKeyRing([NEW], random)
  expect(without.hasKey(sealed.keyId)).toBe(false)
  expect(without.unseal('totp', sealed, owner)).toBeUndefined()
})

test('a MAC depends on the purpose and the key, and a missing key has none', () => {
  const [old, both] = [createKeyRing([OLD], random), createKeyRing([NEW, OLD], random)]
  const mac = old.hmac('challenge', 'x') ?? Buffer.alloc(0)
  expect(mac).toHaveLength(32)
  expect(old.hmac('recovery', 'x')).not.toEqual(mac)
  expect(both.hmac('challenge', 'x')).not.toEqual(mac)
  expect(both.hmac('challenge', 'x', old.newestKeyId)).toEqual(mac)
  expect(both.hmacs('challenge', 'x')).toContainEqual(mac)
  expect(old.hmac('challenge', 'x', both.newestKeyId)).toBeUndefined()
})

test('a ring without a key is an error', () => {
  expect(() => createKeyRing([], random)).toThrow('key ring failed: it has no key')
})
