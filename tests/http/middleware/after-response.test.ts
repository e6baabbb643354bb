import { expect, test } from 'bun:test'
import { securityHeaders, FILE_CSP } from '@/http/response/security-headers'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { openSite } from '../../support/site'

/** A site with routes that have no guard, and so no `reply`. */
async function openRaw(env: Record<string, string> = {}) {
  const site = await openSite(env)
  site.app
    .get('/raw', () => 'raw')
    .get('/raw/constant', 'raw')
    .get('/raw/redirect', () => Response.redirect('/', 303))
    .get('/raw/response', () => new Response('raw', { status: 418, headers: { 'x-own': 'kept' } }))
    .get('/raw/policy', () => new Response('raw', { headers: { 'content-security-policy': FILE_CSP } }))
    .get('/raw/error', () => {
      throw new Error('broken')
    })
  return site.browser()
}

test.each([
  ['/raw', 200],
  ['/raw/constant', 200],
  ['/raw/redirect', 303],
  ['/raw/response', 418],
  ['/raw/error', 500],
  ['/raw/nowhere', 404],
])('the response to %s, which no guard made, has all security headers', async (path, status) => {
  const visitor = await openRaw()
  for (const method of ['GET', 'HEAD']) {
    const answer = await visitor.ask(path, { method, headers: {} })
    expect([method, answer.status]).toEqual([method, status])
    expect(Object.fromEntries(answer.headers)).toMatchObject(securityHeaders)
    expect([answer.headers.get('app-response'), answer.headers.get('strict-transport-security')]).toEqual([
      'true',
      null,
    ])
  }
  takeLoggedErrors()
})

test('the default headers keep the headers of the response, including its own policy', async () => {
  const visitor = await openRaw()
  expect((await visitor.get('/raw/response')).headers.get('x-own')).toBe('kept')
  const { headers } = await visitor.get('/raw/policy')
  expect(Object.fromEntries(headers)).toMatchObject({ ...securityHeaders, 'content-security-policy': FILE_CSP })
})

test('on https the default headers include HSTS', async () => {
  const visitor = await openRaw({ APP_URL: 'https://localhost' })
  expect((await visitor.get('/raw')).headers.get('strict-transport-security')).toContain('max-age=63072000')
})
