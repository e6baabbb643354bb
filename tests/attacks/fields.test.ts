import { expect, test } from 'bun:test'
import { sessionOf } from '../support/devices'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'

test('a field in the body counts, and the same field in the query does not', async () => {
  const { browser, deps, users } = await annAndEve()
  const anns = browser()
  await anns.post(`/login?${new URLSearchParams(eve)}`, ann)
  expect((await sessionOf({ deps }, anns)).user_id).toBe(users.ann.id)
  expect(await browser().post(`/login?${new URLSearchParams(ann)}`, {})).toMatchObject({ status: 422, set: [] })
  await anns.post('/profile?name=Mallory', { name: 'Ann Lee' })
  expect((await anns.get('/probe')).html).toContain('Hello Ann Lee!')
})

test('half a million fields are too large, and a thousand are too many', async () => {
  const { browser } = await annAndEve()
  const send = (body: string) =>
    browser().ask('/login', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  expect((await send('k=1&'.repeat(500_000))).status).toBe(413)
  expect((await send('k=1&'.repeat(1000))).status).toBe(400)
  expect((await send(Array.from({ length: 51 }, (_, i) => `k${i}=1`).join('&'))).status).toBe(400)
})

test.each([
  ['a number beyond all numbers', '{"name":1e400}', 422],
  ['six thousand keys', JSON.stringify(Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`k${i}`, 1]))), 422],
  ['a comment', '{"name":"Eve"/**/}', 400],
  ['single quotes', "{'name':'Eve'}", 400],
  ['half a surrogate', '{"name":"\\ud800"}', 422],
  ['a NUL', '{"name":"E\\u0000ve"}', 422],
  ['UTF-16', new Uint8Array(Buffer.from('\ufeff{"name":"Eve"}', 'utf16le')), 400],
])('a program that sends %s receives a problem document and changes nothing', async (_, body, status) => {
  const { annsBrowser } = await annLoggedIn()
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const answer = await annsBrowser.ask('/api/me', { method: 'PATCH', body, headers })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    status,
    'application/problem+json; charset=utf-8',
  ])
  expect(answer.html).not.toMatch(/SyntaxError|JSON\.parse|Expected|stack|typebox/i)
  expect(JSON.parse((await annsBrowser.get('/api/me')).html)).toMatchObject({ name: 'Ann' })
})
