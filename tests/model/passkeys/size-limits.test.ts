import { expect, test } from 'bun:test'
import { parseAssertion, parseAttestation } from '@/model/passkeys/credential'

// Nested CBOR costs a parser more the larger it is, so these limits bound the work of one request.

const credential = (response: Record<string, string>) =>
  JSON.stringify({ id: 'AAAA', rawId: 'AAAA', type: 'public-key', response })

const encoded = (bytes: number) => Buffer.alloc(bytes, 0x81).toString('base64url')

test.each([
  ['attestationObject', 4096],
  ['clientDataJSON', 2048],
])('a new passkey with more bytes of %s than %d is not parsed', (member, max) => {
  const parse = (bytes: number) =>
    parseAttestation(credential({ attestationObject: 'AAAA', clientDataJSON: 'AAAA', [member]: encoded(bytes) }))
  expect([parse(max), parse(max + 1)]).toEqual([expect.anything(), undefined])
})

test.each([
  ['authenticatorData', 1024],
  ['clientDataJSON', 2048],
  ['signature', 1024],
])('an answer of a passkey with more bytes of %s than %d is not parsed', (member, max) => {
  const small = { authenticatorData: 'AAAA', clientDataJSON: 'AAAA', signature: 'AAAA' }
  const parse = (bytes: number) => parseAssertion(credential({ ...small, [member]: encoded(bytes) }))
  expect([parse(max), parse(max + 1)]).toEqual([expect.anything(), undefined])
})

test('a field above 12 KiB is not parsed', () => {
  const small = credential({ authenticatorData: 'AAAA', clientDataJSON: 'AAAA', signature: 'AAAA' })
  const parse = (bytes: number) => parseAssertion(small.padEnd(bytes))
  expect([parse(12 * 1024), parse(12 * 1024 + 1)]).toEqual([expect.anything(), undefined])
})
