import { expect, test } from 'bun:test'
import { seal, unseal } from '@/lib/encryption'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const binding = { secret: 'ann’s cookie', salt: 'the draft’s id', owner: 'ann' }
const TEXT = 'what Ann typed 🗝'

test.each([TEXT, '', 'x'.repeat(64 * 1024)])('who has the secret reads the same text again', async (text) => {
  expect(await unseal(await seal(text, binding, random), binding)).toBe(text)
})

test('the same text is sealed differently each time, and a seal is 28 bytes longer than its text', async () => {
  const seals = await Promise.all(Array.from({ length: 20 }, () => seal(TEXT, binding, random)))
  expect(new Set(seals).size).toBe(20)
  expect(new Set(seals.map((sealed) => sealed.slice(0, 16))).size).toBe(20) // the nonces
  const [first = ''] = seals
  expect(Buffer.from(first, 'base64url')).toHaveLength(12 + Buffer.byteLength(TEXT) + 16)
})

test('each salt has a key of its own: one nonce twice shows nothing', async () => {
  const nonce = (bytes: number) => new Uint8Array(bytes)
  const [one, same, other] = [
    await seal(TEXT, binding, nonce),
    await seal(TEXT, binding, nonce),
    await seal(TEXT, { ...binding, salt: 'another' }, nonce),
  ]
  expect(one).toBe(same)
  expect(one.slice(16)).not.toBe(other.slice(16))
})

test.each([{ secret: 'eve’s cookie' }, { salt: 'another id' }, { owner: 'eve' }, { secret: '' }, { owner: '' }])(
  'with %j it does not open',
  async (changed) => {
    expect(await unseal(await seal(TEXT, binding, random), { ...binding, ...changed })).toBeUndefined()
  },
)

test('one flipped bit anywhere, and it does not open', async () => {
  const sealed = Buffer.from(await seal(TEXT, binding, random), 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const broken = Buffer.from(sealed)
    broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(await unseal(broken.toString('base64url'), binding)).toBeUndefined()
  }
})

test('nor does what was cut off, or was never sealed', async () => {
  const sealed = await seal(TEXT, binding, random)
  for (const text of ['', 'x', sealed.slice(0, 16), sealed.slice(0, -2), `${sealed}AA`])
    expect(await unseal(text, binding)).toBeUndefined()
})
