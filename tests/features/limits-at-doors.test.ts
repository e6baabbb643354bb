import { expect, test } from 'bun:test'
import { minutes } from '@/lib/durations'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { makeToken } from '../support/tokens'

// Sessions and API tokens are too long to be guessed. Who tries nevertheless is told to wait.

const madeUp = (i: number) => `${i}`.padStart(43, 'x')

test('fifty sessions that nobody has, and guarded pages say wait: to that source, and not to others', async () => {
  const { browser, annsBrowser, pass } = await annLoggedIn({ TRUST_PROXY: '1', SESSION_IDLE_SECONDS: '3600' })
  const ask = async (i: number, path = '/profile') => {
    const { status, headers } = await browser().get(path, { cookie: `session=${madeUp(i)}` })
    return [status, headers.get('retry-after')]
  }
  for (let i = 0; i < 50; i++) expect(await ask(i)).toEqual([303, null])
  expect(await ask(50)).toEqual([429, '600'])
  expect([await ask(51, '/login'), await ask(52, '/')]).toEqual([
    [200, null],
    [200, null],
  ])
  expect((await browser().get('/profile')).status).toBe(303)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(
    (await browser().get('/profile', { cookie: `session=${madeUp(53)}`, 'x-forwarded-for': '10.0.0.1' })).status,
  ).toBe(303)
  expect((await browser().post('/login', ann)).status).toBe(303)
  pass(minutes(10))
  expect(await ask(54)).toEqual([303, null])
})

test('a browser that comes back with one and the same old session is never held up', async () => {
  const { browser } = await annAndEve()
  for (let i = 0; i < 60; i++)
    expect((await browser().get('/profile', { cookie: `session=${madeUp(0)}` })).status).toBe(303)
})

test('so it is for API tokens, and who has one is let in all the same', async () => {
  const { browser, deps, users } = await annAndEve()
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: minutes(60) })
  const ask = (token: string) => browser().ask('/api/me', { headers: { authorization: `Bearer ${token}` } })
  for (let i = 0; i < 50; i++) expect((await ask(`lk_${madeUp(i)}`)).status).toBe(401)
  const { status, headers } = await ask(`lk_${madeUp(50)}`)
  expect([status, headers.get('retry-after'), headers.get('content-type')]).toEqual([
    429,
    '600',
    'application/problem+json; charset=utf-8',
  ])
  expect((await ask(text)).status).toBe(200)
})
