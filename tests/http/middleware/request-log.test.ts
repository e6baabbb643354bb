import { expect, test } from 'bun:test'
import { logLines } from '../../support/no-stray-errors'
import { ann, annAndEve, annRemembered } from '../../support/people'

test('each request writes one JSON line with its path and its status', async () => {
  const { browser } = await annAndEve()
  logLines.length = 0
  await browser().get('/profile?secret=1')
  await browser().get('/nowhere')
  await browser().get('/api/status')
  expect(logLines.map((line) => JSON.parse(line))).toEqual(
    [
      ['/profile', 303],
      ['/nowhere', 404],
      ['/api/status', 200],
    ].map(([path, status]) => ({
      level: 30,
      time: expect.any(String),
      method: 'GET',
      path,
      status,
      ms: 0,
      msg: 'request',
    })) as never,
  )
})

test('the log never contains a secret', async () => {
  const { annsBrowser } = await annRemembered()
  const secrets = [ann.password, ...(annsBrowser.jar.get('remember')?.split('.') ?? [])]
  await annsBrowser.get('/profile?next=x')
  await annsBrowser.post('/relogin', { password: ann.password })
  await annsBrowser.post('/login', { ...ann, password: 'wrong words' })
  secrets.push(...annsBrowser.jar.values(), 'wrong words', ann.email)
  for (const secret of secrets) expect(logLines.join('\n')).not.toContain(secret)
})

test('a path with terminal control characters stays on one line', async () => {
  const { browser } = await annAndEve()
  logLines.length = 0
  await browser().get('/x%0A%1B[31m{"event":"fake"}')
  expect(logLines).toHaveLength(1)
  for (const sign of ['\n', '\u001B']) expect(logLines[0]?.trimEnd()).not.toContain(sign)
})

test('a path with format specifiers is logged as text', async () => {
  const { browser } = await annAndEve()
  logLines.length = 0
  await browser().get('/%s%o%d%j')
  expect(JSON.parse(logLines[0] ?? '')).toMatchObject({ path: '/%s%o%d%j', msg: 'request' })
})

test('a long path is cut in the log', async () => {
  const { browser } = await annAndEve()
  logLines.length = 0
  await browser().get('/x'.repeat(5000))
  expect(JSON.parse(logLines[0] ?? '').path).toBe('/x'.repeat(128))
})
