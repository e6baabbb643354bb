import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { securityHeaders } from '@/http/response/security-headers'
import { signupTest } from './support/features'
import { waitUntilListening, start, stopStarted } from './support/process'
import { raw } from './support/wire'

afterEach(stopStarted)

setDefaultTimeout(20_000)

test('a body over the limit gets the error page with all headers, with and without Content-Length', async () => {
  const one = start()
  await waitUntilListening(one)
  const head =
    'POST /login HTTP/1.1\r\nHost: localhost:' +
    one.settings.PORT +
    '\r\nContent-Type: application/x-www-form-urlencoded\r\n'
  const withLength = await raw(one.settings.PORT, [`${head}Content-Length: 1000000000\r\n\r\nemail=x`])
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const chunked = await raw(one.settings.PORT, [`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, '0\r\n\r\n'])
  for (const answer of [withLength, chunked]) {
    expect(answer).toStartWith('HTTP/1.1 413 ')
    expect(answer).toContain('Too large')
    for (const name of Object.keys(securityHeaders)) expect(answer.toLowerCase()).toContain(`\r\n${name}: `)
  }
})

test('a request with a foreign Host header is rejected', async () => {
  const one = start()
  await waitUntilListening(one)
  const ask = (hosts: string[]) =>
    raw(one.settings.PORT, [
      `GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`,
    ])
  expect(await ask([`localhost:${one.settings.PORT}`])).toStartWith('HTTP/1.1 200 ')
  expect(await ask(['evil.test'])).toStartWith('HTTP/1.1 421 ')
  for (const path of ['/login', '/profile', '/api/me']) {
    const answer = await raw(one.settings.PORT, [`GET ${path} HTTP/1.0\r\n\r\n`])
    expect(answer).toMatch(/^HTTP\/1\.[01] 421 /)
    expect(answer).toContain(path.startsWith('/api') ? 'application/problem+json' : 'text/html')
  }
  expect(await raw(one.settings.PORT, ['GET /healthz HTTP/1.0\r\n\r\n'])).toMatch(/^HTTP\/1\.[01] 200 /)
  expect(await ask([`localhost:${one.settings.PORT}`, 'evil.test'])).toMatch(/^HTTP\/1\.1 4\d\d /)
})

test('a request with a malformed host returns a client error and no internal error', async () => {
  const one = start({ API_TOKEN_IN_QUERY: 'on' })
  await waitUntilListening(one)
  const hosts = ['', 'Host: a b\r\n', 'Host: app:99999\r\n', 'Host: [\r\n', 'Host: %\r\n', 'Host: \r\n']
  for (const host of hosts)
    for (const path of ['/api/me?token=secret', '/api/nothing?token=secret'])
      expect(
        await raw(one.settings.PORT, [`GET ${path} HTTP/${host ? '1.1' : '1.0'}\r\n${host}Connection: close\r\n\r\n`]),
      ).toMatch(/^HTTP\/1\.[01] 4\d\d /)
})

signupTest(
  'a cookie name after a byte that is not a space is ignored, because a sibling domain could set it',
  async () => {
    const one = start()
    await waitUntilListening(one)
    const account = new URLSearchParams({ email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' })
    for (const path of ['signup', 'login'])
      await fetch(`${one.url}/${path}`, { method: 'POST', body: account, redirect: 'manual' })
    const login = await fetch(`${one.url}/login`, { method: 'POST', body: account, redirect: 'manual' })
    const [session = ''] = login.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    const ask = (cookie: Buffer) =>
      raw(one.settings.PORT, [
        Buffer.concat([
          Buffer.from(`GET /profile HTTP/1.1\r\nHost: localhost:${one.settings.PORT}\r\nConnection: close\r\nCookie: `),
          cookie,
          Buffer.from('\r\n\r\n'),
        ]),
      ])
    expect(await ask(Buffer.from(session))).toStartWith('HTTP/1.1 200 ')
    for (const byte of [0xa0, 0x0b, 0x85])
      expect(await ask(Buffer.concat([Buffer.from([byte]), Buffer.from(session)]))).not.toStartWith('HTTP/1.1 200 ')
  },
)
