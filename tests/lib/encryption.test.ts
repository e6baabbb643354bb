import { expect, test } from 'bun:test'
import { seal, unseal } from '@/lib/encryption'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const context = { secret: 'ann’s cookie', salt: 'the request’s id', owner: 'ann' }
const TEXT = 'what Ann typed 🗝'

test.each([TEXT, '', 'x'.repeat(64 * 1024)])('unseal returns the sealed text: %#', async (text) => {
  expect(await unseal(await seal(text, context, random), context)).toBe(text)
})

test('each ciphertext of a text differs and is 28 bytes longer than the text', async () => {
  const ciphertexts = await Promise.all(Array.from({ length: 20 }, () => seal(TEXT, context, random)))
  expect(new Set(ciphertexts).size).toBe(20)
  expect(new Set(ciphertexts.map((sealed) => sealed.slice(0, 16))).size).toBe(20) // the nonces
  const [first = ''] = ciphertexts
  expect(Buffer.from(first, 'base64url')).toHaveLength(12 + Buffer.byteLength(TEXT) + 16)
})

test('each salt gives another key, so a repeated nonce reveals nothing', async () => {
  const nonce = (bytes: number) => new Uint8Array(bytes)
  const [one, same, other] = [
    await seal(TEXT, context, nonce),
    await seal(TEXT, context, nonce),
    await seal(TEXT, { ...context, salt: 'another' }, nonce),
  ]
  expect(one).toBe(same)
  expect(one.slice(16)).not.toBe(other.slice(16))
})

test.each([{ secret: 'cookie of eve' }, { salt: 'another id' }, { owner: 'eve' }, { secret: '' }, { owner: '' }])(
  'unseal with %j returns undefined',
  async (changed) => {
    expect(await unseal(await seal(TEXT, context, random), { ...context, ...changed })).toBeUndefined()
  },
)

test('unseal returns undefined after any bit was flipped', async () => {
  const sealed = Buffer.from(await seal(TEXT, context, random), 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(await unseal(flipped.toString('base64url'), context)).toBeUndefined()
  }
})

test('unseal returns undefined for a truncated, extended or invalid ciphertext', async () => {
  const sealed = await seal(TEXT, context, random)
  for (const text of ['', 'x', sealed.slice(0, 16), sealed.slice(0, -2), `${sealed}AA`])
    expect(await unseal(text, context)).toBeUndefined()
})
