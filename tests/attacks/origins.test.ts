import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { ann } from '../support/people'
import { stopStarted } from '../support/process'
import { openWire, raw, statuses, type Wire } from '../support/wire'

// Ambiguous origins and hosts on the wire. every-route.test.ts checks each route.
setDefaultTimeout(60_000)

let wire: Wire
let anns: string
beforeAll(async () => {
  wire = await openWire()
  anns = `Cookie: ${await wire.cookieOf(ann)}`
})
afterAll(stopStarted)

const SITE = 'Sec-Fetch-Site'
const ours = () => `Origin: http://localhost:${wire.port}`

test.each([
  ['two words about the site', [`${SITE}: same-origin`, `${SITE}: cross-site`]],
  ['the same in the other order', [`${SITE}: cross-site`, `${SITE}: same-origin`]],
  ['a list', [`${SITE}: same-origin, same-origin`]],
  ['capitals', [`${SITE}: Same-Origin`]],
  ['quotes', [`${SITE}: "same-origin"`]],
  ['a parameter', [`${SITE}: same-origin;x=1`]],
  ['an underscore', ['Sec_Fetch_Site: same-origin', 'Origin: https://evil.test']],
  ['no site, and two origins', ['Origin: https://evil.test', 'Origin: OURS']],
  ['the same, ours first', ['Origin: OURS', 'Origin: https://evil.test']],
  ['an origin with ours in it', ['Origin: https://evil.test/?OURS']],
  ['an origin with ours as its user', ['Origin: http://localhost@evil.test']],
  ['an origin with ours as its beginning', ['Origin: OURS.evil.test']],
  ['an origin that is none', ['Origin: localhost']],
  ['an origin of a file', ['Origin: file://']],
  ['an origin of an extension', ['Origin: chrome-extension://abcdefghijklmnop']],
])('a request with %s is rejected', async (_, lines) => {
  const sent = lines.map((line) => line.replace('OURS', ours().slice('Origin: '.length)))
  const answer = await wire.ask('/logout', [anns, ...sent, 'Content-Length: 0'], 'POST')
  expect([statuses(answer), /\r\nset-cookie:/i.test(answer)]).toEqual([[403], false])
  expect(statuses(await wire.ask('/profile', [anns]))).toEqual([200])
})

test('no response lets a script of another site read it, also after a preflight', async () => {
  for (const origin of ['https://evil.test', 'null', 'https://localhost.evil.test'])
    for (const method of ['OPTIONS', 'GET', 'HEAD'])
      for (const path of ['/api/me', '/api/status', '/api/openapi.json', '/login', '/favicon.ico', '/nowhere']) {
        const asking = [
          `Origin: ${origin}`,
          'Access-Control-Request-Method: PATCH',
          'Access-Control-Request-Headers: authorization',
          'Access-Control-Request-Private-Network: true',
        ]
        const answer = await wire.ask(path, asking, method)
        expect(answer).toMatch(/^HTTP\/1\.1 [24]\d\d /)
        expect(answer).not.toMatch(/access-control-|timing-allow-origin|evil\.test/i)
      }
})

test('a link from any site works, and a program with a token needs no origin', async () => {
  const followed = [`${SITE}: cross-site`, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
  for (const path of ['/', '/healthz', '/profile'])
    expect(statuses(await wire.ask(path, [anns, ...followed]))).toEqual([200])
  const extension = [`${SITE}: cross-site`, 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']
  expect(statuses(await wire.ask('/api/me', ['Authorization: Bearer x', ...extension]))).toEqual([401])
  expect(statuses(await wire.ask('/api/me', [anns, ...extension]))).toEqual([403])
})

const ask = (host: string) => raw(wire.port, [`GET /login HTTP/1.1\r\n${host}Connection: close\r\n\r\n`])

test.each([
  'Host: localhost:PORT\r\nHost: localhost:PORT\r\n',
  'Host: localhost:PORT\r\nhost: evil.test\r\n',
  'Host: localhost:PORT,evil.test\r\n',
  'Host: localhost.:PORT\r\n',
  'Host: localhost:PORT.\r\n',
  'Host: localhost:0PORT0\r\n',
  'Host: evil.test:PORT\r\n',
  'Host: localhost%00.evil.test\r\n',
  'Host: http://localhost:PORT\r\n',
  'Host: localhost:PORT#evil.test\r\n',
  'Host: localhost:PORT\\evil.test\r\n',
  'Host: user@localhost:PORT\r\n',
  'Host: local\u00adhost:PORT\r\n',
  'Host: [::1%25lo]:PORT\r\n',
  'Host: 0.0.0.0:PORT\r\n',
  `Host: ${'a'.repeat(300)}\r\n`,
  'Host:\r\n',
  'Host: evil.test\r\nX-Forwarded-Host: localhost:PORT\r\n',
  'Host: evil.test\r\nForwarded: host=localhost\r\n',
])('a request with %j is rejected', async (host) => {
  const answer = await ask(host.replaceAll('PORT', wire.port))
  expect([400, 421]).toContain(statuses(answer)[0] ?? 0)
  expect(answer).not.toContain('evil.test')
})
