import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { minutes } from '@/lib/duration'
import { annLoggedIn } from '../support/people'

test('the status is public and extends no session', async () => {
  const { browser } = await annLoggedIn()
  const { status, headers, html } = await browser().get('/api/status')
  expect([status, headers.get('content-type'), html]).toEqual([
    200,
    'application/json; charset=utf-8',
    '{"status":"ok"}',
  ])
})

test('GET /api/me returns the current user', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  const { status, headers, html } = await annsBrowser.get('/api/me')
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  expect(JSON.parse(html)).toMatchObject({ id: users.ann.id, email: 'ann@example.test', name: 'Ann', roles: ['user'] })
})

test('a visitor and a user of an ended session receive a 401 problem document', async () => {
  const { annsBrowser, browser, advance } = await annLoggedIn()
  advance(minutes(5))
  for (const one of [browser(), annsBrowser]) {
    const { status, headers, html, set } = await one.get('/api/me')
    expect([status, headers.get('content-type'), headers.get('www-authenticate'), set]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
      'Bearer',
      [],
    ])
    expect(JSON.parse(html)).toEqual({
      type: 'about:blank',
      title: 'Authentication required',
      status: 401,
      detail: 'Send a session cookie or an API token.',
    })
  }
})

test.each(['Bearer x', 'bearer x', 'BEARER', `${branding.tokenPrefix}x`])(
  'an explicit credential %j does not fall back to the session',
  async (authorization) => {
    const { annsBrowser } = await annLoggedIn()
    expect((await annsBrowser.get('/api/me', { authorization })).status).toBe(401)
    expect((await annsBrowser.get('/api/me')).status).toBe(200)
  },
)

test('every invalid token returns the same message', async () => {
  const { browser } = await annLoggedIn()
  for (const authorization of [
    'Bearer x',
    `Bearer ${branding.tokenPrefix}`,
    'bearer x',
    'Bearer',
    `${branding.tokenPrefix}x`,
  ]) {
    const { status, html } = await browser().get('/api/me', { authorization })
    expect([status, JSON.parse(html).title]).toEqual([401, 'Invalid API token'])
  }
})

test('errors of the API are problem documents, not pages', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  const answers = {
    unknown: await visitor.get('/api/nothing'),
    method: await visitor.ask('/api/me', { method: 'DELETE', headers: { 'sec-fetch-site': 'same-origin' } }),
    origin: await visitor.post('/api/me', {}, { 'sec-fetch-site': 'cross-site' }),
    type: await visitor.ask('/api/me', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
  }
  expect(Object.entries(answers).map(([what, { status }]) => [what, status])).toEqual([
    ['unknown', 404],
    ['method', 405],
    ['origin', 403],
    ['type', 415],
  ])
  for (const { status, headers, html } of Object.values(answers)) {
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(JSON.parse(html)).toMatchObject({
      type: 'about:blank',
      status,
      title: expect.any(String),
      detail: expect.any(String),
    })
  }
  expect(answers.method.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH')
})
