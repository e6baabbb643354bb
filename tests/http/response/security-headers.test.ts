import { expect, test } from 'bun:test'
import { annLoggedIn } from '../../support/people'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { openSite } from '../../support/site'

const BASELINE = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; " +
    "manifest-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': expect.stringContaining('camera=()'),
  'app-response': 'true',
}

async function everyKind(env: Record<string, string> = {}) {
  const { annsBrowser, browser, deps } = await annLoggedIn(env)
  const visitor = browser()
  const answers = {
    200: await annsBrowser.get('/profile'),
    part: await annsBrowser.getHtmx('/profile'),
    json: await annsBrowser.get('/api/me'),
    text: await visitor.get('/healthz'),
    204: await annsBrowser.postHtmx('/profile', { name: 'Ann' }),
    303: await visitor.get('/profile'),
    401: await visitor.getHtmx('/profile'),
    options: await visitor.ask('/login', { method: 'OPTIONS', headers: {} }),
    400: await visitor.get('/login?next=//evil.test'),
    403: await visitor.post('/login', {}, { 'sec-fetch-site': 'cross-site' }),
    404: await visitor.get('/nowhere'),
    asset404: await visitor.get('/assets/nothing.css'),
    asset: await visitor.get('/favicon.ico'),
    405: await visitor.ask('/login', { method: 'DELETE', headers: {} }),
    413: await visitor.post('/login', { email: 'x'.repeat(70_000) }),
    415: await visitor.ask('/login', { method: 'POST', body: 'x', headers: {} }),
    421: await visitor.get('/', { host: 'evil.test' }),
    422: await visitor.post('/login', { email: 'x' }),
    500: await deps.db.destroy().then(() => annsBrowser.get('/profile')),
  }
  takeLoggedErrors()
  return answers
}

test('every response has the security headers and is not cached, including errors and redirects', async () => {
  for (const [kind, { headers, status }] of Object.entries(await everyKind())) {
    const kept = kind === 'asset' ? 'public, max-age=86400' : 'no-store'
    expect({ kind, ...Object.fromEntries(headers) }).toMatchObject({
      kind,
      ...BASELINE,
      ...(kind === 'asset' && { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" }),
      'cache-control': kept,
    } as never)
    expect(headers.get('vary')).toContain(kind === 'asset' ? 'Accept-Encoding' : 'HX-Request')
    if (/^\d+$/.test(kind)) expect(status).toBe(Number(kind))
    for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'strict-transport-security'])
      expect(headers.get(name)).toBeNull()
  }
})

test('every response over https has HSTS', async () => {
  for (const { headers } of Object.values(await everyKind({ APP_URL: 'https://localhost' })))
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains')
})

test.each([
  ['subdomains', 'max-age=63072000; includeSubDomains'],
  ['host', 'max-age=63072000'],
  ['off', null],
])('HSTS=%s sends "%s" on https, and nothing on http', async (HSTS, value) => {
  for (const [APP_URL, expected] of [
    ['https://localhost', value],
    ['http://localhost', null],
  ] as const) {
    const { app } = await openSite({ APP_URL, HSTS })
    for (const path of ['/', '/healthz', '/favicon.ico', '/nowhere']) {
      const { headers } = await app.handle(new Request(APP_URL + path))
      expect([path, headers.get('strict-transport-security')]).toEqual([path, expected])
    }
  }
})

test('pages have the type HTML in UTF-8, and responses without a body have no type', async () => {
  const kinds = await everyKind()
  for (const kind of ['200', 'part', '400', '403', '404', '405', '413', '415', '421', '422', '500'] as const)
    expect(kinds[kind].headers.get('content-type')).toBe('text/html; charset=utf-8')
  for (const kind of ['204', '303', '401', 'options'] as const) {
    expect(kinds[kind].html).toBe('')
    expect(kinds[kind].headers.get('content-type')).toBeNull()
  }
})
