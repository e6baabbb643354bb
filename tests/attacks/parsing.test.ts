import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { securityHeaders } from '@/http/response/security-headers'
import { stopStarted } from '../support/process'
import { openWire, statuses, type Wire } from '../support/wire'

// Request smuggling: bytes that two parsers could read differently. Bun rejects most of them itself.
setDefaultTimeout(60_000)

let wire: Wire
beforeAll(async () => void (wire = await openWire()))
afterAll(stopStarted)

const FORM = 'Content-Type: application/x-www-form-urlencoded'
const BODY = 'email=x&password=y' // 18 bytes, 12 in hexadecimal
const HIDDEN = 'GET /?hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A login with these length headers and this body. Bytes after it must not be parsed as a request. */
const login = (lines: string[], body: string, version = '1.1') =>
  wire.send(
    `POST /login HTTP/${version}\r\n${wire.host}${[FORM, ...lines].map((line) => `${line}\r\n`).join('')}\r\n${body}`,
  )

/** The request is rejected, and the connection is closed without parsing the bytes after it. */
function expectRefused(answer: string, allowed = [400]) {
  expect(allowed).toContain(statuses(answer)[0] ?? 0)
  expect(statuses(answer)).toHaveLength(1)
}

test.each([
  ['two lengths', ['Content-Length: 18', 'Content-Length: 5']],
  ['a list of lengths', ['Content-Length: 18, 18']],
  ['a signed length', ['Content-Length: +18']],
  ['a negative length', ['Content-Length: -1']],
  ['a length in hexadecimal', ['Content-Length: 0x12']],
  ['a length with a point', ['Content-Length: 18.0']],
  ['an empty length', ['Content-Length:']],
  ['a length beyond all numbers', ['Content-Length: 99999999999999999999999']],
  ['a length and chunks', ['Content-Length: 18', 'Transfer-Encoding: chunked']],
  ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 18']],
])('a request with %s is rejected, because a proxy may read it differently', async (_, lines) => {
  expectRefused(await login(lines, BODY + HIDDEN))
})

test.each([
  'xchunked',
  'chunked, identity',
  'identity, chunked',
  'identity',
  'gzip, chunked',
  '"chunked"',
  'chunked;q=1',
  'chunked, chunked',
  '\u000bchunked',
  '',
  '\r\n chunked',
])('a Transfer-Encoding of %j is rejected', async (coding) => {
  expectRefused(await login([`Transfer-Encoding: ${coding}`], `12\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`))
})

test('a repeated or misplaced Transfer-Encoding is rejected', async () => {
  const chunks = `12\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`
  for (const other of ['chunked', 'identity'])
    expectRefused(await login(['Transfer-Encoding: chunked', `Transfer-Encoding: ${other}`], chunks))
  expectRefused(await login(['Transfer-Encoding : chunked'], chunks))
  expectRefused(await login(['Transfer-Encoding: chunked'], chunks, '1.0'))
})

test.each(['ZZ', '-1', '+12', '0x12', '12 ', ' 12', '1_2', '12\t', '', 'FFFFFFFFFFFFFFFF'])(
  'a chunk size of %j is rejected',
  async (size) =>
    expectRefused(await login(['Transfer-Encoding: chunked'], `${size}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)),
)

test('a chunk with a wrong end and a trailer with a cookie are rejected', async () => {
  const chunked = ['Transfer-Encoding: chunked']
  expectRefused(await login(chunked, `12\r\n${BODY}XX0\r\n\r\n${HIDDEN}`))
  expectRefused(await login(chunked, `12\n${BODY}\n0\n\n${HIDDEN}`))
  const answer = await login(chunked, `12\r\n${BODY}\r\n0\r\nCookie: session=x\r\n\r\n${HIDDEN}`)
  expect([400, 422]).toContain(statuses(answer)[0] ?? 0) // the body is complete, so its response may come first
})

test.each([
  ['a folded line', 'X: a\r\n b'],
  ['a folded cookie', 'Cookie: a=b\r\n ; session=x'],
  ['no colon', 'Xfoo'],
  ['a NUL', 'X: a\0b'],
  ['a bare CR', 'X: a\rb'],
  ['a bare LF', 'X: a\nCookie: session=x'],
  ['no name', ': x'],
  ['a space in its name', 'X Y: x'],
  ['a space before its colon', 'Cookie : session=x'],
  ['letters beyond ASCII in its name', 'X\u00e9: x'],
])('a header with %s is rejected', async (_, line) => expectRefused(await wire.ask('/', [line])))

test.each([
  ['only line feeds', 'GET / HTTP/1.1\nHost: localhost\n\n'],
  ['no method', ' / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['no version', 'GET /\r\nHost: localhost\r\n\r\n'],
  ['a version that is to come', 'GET / HTTP/2.0\r\nHost: localhost\r\n\r\n'],
  ['a version in small letters', 'GET / http/1.1\r\nHost: localhost\r\n\r\n'],
  ['a space in its address', 'GET /hel lo HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['two spaces', 'GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['tabs', 'GET\t/\tHTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a NUL in its address', 'GET /hel\0lo HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a line before its Host that begins with a space', 'GET / HTTP/1.1\r\n Host: localhost\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
])('a request with %s is rejected', async (_, bytes) => {
  expectRefused(await wire.send(Buffer.from(bytes, 'latin1')), [400, 505])
})

test('an unknown method closes the connection, and method names are case-sensitive', async () => {
  for (const method of ['FOO', 'get', 'Get', 'TRACK', 'A'.repeat(5000)])
    expect([method, statuses(await wire.ask('/', [], method))]).toEqual([method, []])
})

test('a known but unsupported method gets our error, without data from the request', async () => {
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'PUT', 'QUERY', 'M-SEARCH']) {
    const answer = await wire.ask('/login', ['X-Secret: swordfish', 'Cookie: session=swordfish'], method)
    expect([method, statuses(answer)]).toEqual([method, [405]])
    expect(answer).toContain('\r\nallow: GET, HEAD, OPTIONS, POST\r\n')
    expect(answer).not.toContain('swordfish')
  }
  for (const target of ['evil.test:443', 'localhost:22'])
    expect(statuses(await wire.ask(target, [], 'CONNECT'))).toEqual([404])
})

test('Bun rejects too many or too long headers, and the app answers all others', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: y`)
  const long = (bytes: number) => [`X: ${'a'.repeat(bytes)}`]
  expect(statuses(await wire.ask('/', many(150)))).toEqual([200])
  expect(statuses(await wire.ask('/', many(300)))).toEqual([431])
  expect(statuses(await wire.ask('/', long(8192)))).toEqual([200])
  expect(statuses(await wire.ask('/', long(20_480)))).toEqual([431])
  expect(statuses(await wire.ask(`/?${'a'.repeat(20_480)}`))).toEqual([431])
  expect(statuses(await wire.ask(`/${'a'.repeat(10_240)}`))).toEqual([404])
  const cookies = Array.from({ length: 1500 }, (_, i) => `c${i}=v`).join('; ')
  expect(statuses(await wire.ask('/', [`Cookie: ${cookies}`]))).toEqual([200])
  expect(await wire.isWell()).toBe(true)
})

test('the server supports no upgrade, no 100-continue and no ranges', async () => {
  const upgrades = [
    ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
    ['Range: bytes=0-10', 'If-Range: "x"'],
  ]
  for (const lines of upgrades) expect(statuses(await wire.ask('/', lines))).toEqual([200])
  const expecting = await login(['Connection: close', 'Expect: 100-continue', 'Content-Length: 1000000'], '')
  expect(statuses(expecting)).toEqual([100, 413]) // Bun sends 100 itself, and the body is not read
  for (const name of Object.keys(securityHeaders)) expect(expecting.toLowerCase()).toContain(`\r\n${name}: `)
})
