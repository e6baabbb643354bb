import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { annsProgram } from '../support/api'

// These headers cannot be set on a Request, so the test uses a socket.
let site: Awaited<ReturnType<typeof annsProgram>>
beforeAll(async () => {
  site = await annsProgram()
  site.app.listen({ hostname: 'localhost', port: 0, reusePort: false })
})
afterAll(() => site.app.stop(true))

/** Requests /api/me with these header lines and returns the status line. */
const ask = (...lines: string[]) =>
  new Promise<string>((resolve, reject) => {
    let answer = ''
    const socket = connect(site.app.server?.port ?? 0, 'localhost', () =>
      socket.write(`GET /api/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`),
    )
    socket.on('data', (data) => void (answer += data)).on('error', reject)
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
  })

const header = (value: string) => `Authorization: ${value}`
const good = () => header(`Bearer ${site.text}`)

test('one valid token is accepted, also with trailing whitespace (RFC 9110, section 5.5)', async () => {
  for (const line of [good(), `${good()}  \t`, good().replace('A', 'a').replace(': ', ':')])
    expect(await ask(line)).toBe('HTTP/1.1 200 OK')
})

test('two credentials are rejected, even if one or both are valid', async () => {
  const pairs = [
    [good(), good()],
    [good(), header('Bearer x')],
    [header('Bearer x'), good()],
    [header(''), good()],
    [good(), header('')],
    [header('Basic x'), good().toLowerCase()],
  ]
  for (const lines of pairs) expect(await ask(...lines)).toBe('HTTP/1.1 401 Unauthorized')
})

test.each(['\0', '\u0001', '\u007f', '\u00a0', '\r\n ', '\r\n\tx'])(
  'a token with %j in it is rejected',
  async (odd) => {
    for (const line of [`${good()}${odd}x`, good().replace('Bearer ', `Bearer${odd}`)])
      expect(await ask(line)).not.toContain('200')
  },
)

test('a header of half a megabyte is rejected unread', async () => {
  expect(await ask(header('x'.repeat(500_000))).catch(() => '')).not.toContain('200')
  expect(await ask(good())).toBe('HTTP/1.1 200 OK')
})
