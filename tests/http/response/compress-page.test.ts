import { expect, test } from 'bun:test'
import { tokenTest } from '../../support/features'
import { annLoggedIn } from '../../support/people'

const BROWSER = { 'accept-encoding': 'gzip, deflate, br, zstd' }
const HTMX = { 'hx-request': 'true', 'hx-request-type': 'partial' }

async function ask(path: string, headers: Record<string, string>) {
  const { app, annsBrowser } = await annLoggedIn()
  const cookie = [...annsBrowser.jar].map((pair) => pair.join('=')).join('; ')
  const send = (sent: Record<string, string>) =>
    app.handle(new Request(`http://localhost${path}`, { headers: { cookie, ...sent } }))
  const plain = await (await send({})).text()
  const response = await send(headers)
  const body = new Uint8Array(await response.arrayBuffer())
  return { plain, body, coding: response.headers.get('content-encoding'), headers: response.headers }
}

test.each([
  ['/', BROWSER],
  ['/profile', BROWSER],
  ['/profile', { 'accept-encoding': 'GZIP;q=0.5' }],
  ['/profile', { ...BROWSER, ...HTMX }],
  ['/no-such-page', BROWSER],
])('GET %s with %p is compressed and contains the same', async (path, headers) => {
  const { body, coding, ...answer } = await ask(path, headers)
  expect(coding).toBe('gzip')
  expect(answer.headers.get('vary')).toContain('Accept-Encoding')
  const text = new TextDecoder().decode(Bun.gunzipSync(body))
  if (!('hx-request' in headers)) expect(text).toBe(answer.plain)
  else expect(text).toContain('Welcome, Ann!')
  expect(body.length).toBeLessThan(text.length / 1.5)
})

test.each([[{}], [{ 'accept-encoding': '' }], [{ 'accept-encoding': 'gzip;q=0' }], [{ 'accept-encoding': 'br, xyz' }]])(
  'with %p a page is not compressed, and its answer varies all the same',
  async (headers) => {
    const { plain, body, coding, ...answer } = await ask('/profile', headers)
    expect([coding, new TextDecoder().decode(body)]).toEqual([null, plain])
    expect(answer.headers.get('vary')).toContain('Accept-Encoding')
  },
)

test.each(['cross-site', 'same-site'])('a page that a %s link opens for a user is not compressed', async (site) => {
  const headers = { ...BROWSER, 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
  expect((await ask('/profile', headers)).coding).toBeNull()
  const { app } = await annLoggedIn()
  const ofVisitor = await app.handle(new Request('http://localhost/login', { headers }))
  expect(ofVisitor.headers.get('content-encoding')).toBe('gzip')
})

const post = async (path: string, fields: Record<string, string>) =>
  (await annLoggedIn()).annsBrowser.post(path, fields, BROWSER)

test('the page after a form with an error is not compressed, because it contains typed text', async () => {
  const { status, html, headers } = await post('/profile', { name: '' })
  expect([status, html.length > 1024, headers.get('content-encoding')]).toEqual([422, true, null])
})

tokenTest('the page with a new API token is not compressed, because its length would reveal the token', async () => {
  const { html, headers } = await post('/settings/tokens', { name: 'a', scopes: 'profile:read', expires_days: '30' })
  expect([html.includes('id="new-token"'), headers.get('content-encoding')]).toEqual([true, null])
})

test.each([['/api/openapi.json'], ['/session'], ['/healthz']])('%s is not compressed', async (path) => {
  expect((await ask(path, BROWSER)).coding).toBeNull()
})

test('a short partial is not compressed, and HEAD has the headers of GET', async () => {
  const { app } = await annLoggedIn()
  const send = (method: string, headers: Record<string, string>) =>
    app.handle(new Request('http://localhost/probe', { method, headers: { ...BROWSER, ...headers } }))
  expect((await send('GET', HTMX)).headers.get('content-encoding')).toBeNull()
  const [get, head] = [await send('GET', {}), await send('HEAD', {})]
  const named = ({ headers }: Response) =>
    ['content-type', 'content-encoding', 'vary', 'cache-control'].map((name) => headers.get(name))
  expect(named(head)).toEqual(named(get))
})
