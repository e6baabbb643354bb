import { expect, test } from 'bun:test'
import { createCompressionCache } from '@/http/assets/compress'

test('a file is compressed once per encoding, and again after a failure', async () => {
  let [packings, isWell] = [0, false]
  const pack = async (plain: Uint8Array) => {
    packings++
    if (!isWell) throw new Error('no memory left')
    return plain
  }
  const packed = createCompressionCache(new Uint8Array([1, 2]), { br: pack, gzip: pack })
  expect(packed('br')).rejects.toThrow('no memory left')
  isWell = true
  expect(await packed('br')).toEqual(new Uint8Array([1, 2]))
  await packed('br')
  expect(packings).toBe(2)
  await packed('gzip')
  expect(packings).toBe(3)
})
