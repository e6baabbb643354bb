import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { connect } from 'node:net'
import { stopStarted, start } from '../support/process'

afterEach(stopStarted)
setDefaultTimeout(60_000)

const ESC = '\u001b'
const FAKE = '{"level":30,"msg":"request","path":"/faked"}'

const raw = (port: string, head: string) =>
  new Promise<void>((resolve) => {
    const socket = connect(Number(port), 'localhost', () => socket.end(Buffer.from(head, 'latin1')))
    socket
      .resume()
      .on('close', () => resolve())
      .on('error', () => resolve())
  })

const paths = [
  `/x${ESC}[31m${ESC}]0;owned\u0007`,
  '/x%0d%0a' + encodeURIComponent(FAKE),
  `/x\u009b31m\u0085${FAKE}`,
  '/x\u00e2\u0080\u00a8' + encodeURIComponent(FAKE), // U+2028 in UTF-8
  '/x%1b%5b2J',
  '/x\u007f\u0008\u0008',
  `/x"${FAKE}`,
  `/${'x/'.repeat(2000)}`,
]

const headers = (port: string) =>
  [
    `Host: localhost:${port}`,
    'Connection: close',
    `User-Agent: \u009b31m${FAKE}${'x'.repeat(4000)}`,
    `Referer: ${FAKE}`,
    `X-Request-Id: ${FAKE}`,
    `Cookie: session=${FAKE}; flash=${FAKE}`,
  ].join('\r\n')

function listenTo(stdout: ReadableStream<Uint8Array>) {
  const { promise: isThere, resolve } = Promise.withResolvers<void>()
  const read = async (printed = '') => {
    const decoder = new TextDecoder()
    for await (const chunk of stdout) {
      printed += decoder.decode(chunk, { stream: true })
      if (printed.includes('listening on http')) resolve()
    }
    return printed
  }
  return { printed: read(), isThere }
}

/** The output of a server that handled these requests and was stopped. */
async function printedFor(format: 'json' | 'pretty') {
  const one = start({ LOG_FORMAT: format })
  const { printed, isThere } = listenTo(one.server.stdout)
  await isThere
  const port = one.settings.PORT
  for (const path of paths) await raw(port, `GET ${path} HTTP/1.1\r\n${headers(port)}\r\n\r\n`)
  await raw(port, `GET / HTTP/1.1\r\nX: ${ESC}[31m\r\n${headers(port)}\r\n\r\n`)
  for (const method of ['FAKE"}', 'GET\u001b[31m', 'DELETE'])
    await raw(port, `${method} /login HTTP/1.1\r\n${headers(port)}\r\n\r\n`)
  const typed = new URLSearchParams({
    email: `a\n${FAKE}@example.test`,
    name: `${ESC}[31m\n${FAKE}`,
    password: `\n${FAKE}`,
  })
  for (const path of ['signup', 'login'])
    await fetch(`${one.url}/${path}`, { method: 'POST', body: typed, redirect: 'manual' })
  one.server.kill('SIGTERM')
  return printed
}

test('any bytes in a request produce one JSON line and no terminal control characters', async () => {
  const printed = await printedFor('json')
  const all = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const lines = all.slice(all.findIndex(({ msg }) => msg.startsWith('Email is')) + 1)
  const requests = lines.filter(({ msg }) => msg === 'request')
  expect(requests.length).toBeGreaterThan(6)
  expect(lines.filter(({ msg, path }) => !['request', 'event'].includes(msg) || path === '/faked')).toEqual([])
  for (const { path } of requests) expect(path.length).toBeLessThanOrEqual(256)
  expect(printed).not.toMatch(/[^\n\x20-\x7e\u2026]/)
})

test('the colored log contains no terminal control characters of a request', async () => {
  const [first = '', ...coloured] = (await printedFor('pretty')).split(`${ESC}[`)
  const printed = first + coloured.map((part) => part.replace(/^\d*m/, '')).join('')
  expect(printed).not.toMatch(/[^\n\x20-\x7e\u2026]/)
  expect(printed.split('\n').filter((line) => line !== '' && !/^\[\d\d:\d\d:\d\d\] INFO: /.test(line))).toEqual([])
})
