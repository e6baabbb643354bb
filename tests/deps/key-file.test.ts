import { expect, test } from 'bun:test'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readKeyFile } from '@/deps/key-file'
import { tempFolder } from '../support/temp'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))

test('the first start writes a key that only the owner can read, and later starts read it', () => {
  const folder = tempFolder('key-file')
  const [key, ...others] = readKeyFile(join(folder, 'app.sqlite'), random)
  expect([key?.length, others]).toEqual([32, []])
  expect(statSync(join(folder, 'app.key')).mode & 0o777).toBe(0o600)
  expect(readKeyFile(join(folder, 'app.sqlite'), random)).toEqual([key as never])
  expect(readdirSync(folder)).toEqual(['app.key'])
})

test('a start that was killed does not keep the next one with the same process id from starting', () => {
  const folder = tempFolder('key-file')
  writeFileSync(join(folder, `app.key.${process.pid}`), '')
  expect(readKeyFile(join(folder, 'app.sqlite'), random)).toHaveLength(1)
})

test('a damaged key file stops the start and is not replaced', () => {
  const folder = tempFolder('key-file')
  for (const text of ['', 'short']) {
    writeFileSync(join(folder, 'app.key'), text)
    expect(() => readKeyFile(join(folder, 'app.sqlite'), random)).toThrow('Put the file back from a backup.')
  }
})
