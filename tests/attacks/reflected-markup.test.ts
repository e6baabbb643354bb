import { expect, test } from 'bun:test'
import { changeRole } from '@/model/users/roles'
import { securityHeaders } from '@/http/response/security-headers'
import type { Answer } from '../support/browser'
import { at, isDocument } from '../support/every-route'
import { decoded, MARKUP, shapeOf } from '../support/markup'
import { annLoggedIn } from '../support/people'

const EVIL = `"'></title><img src=x onerror=alert(1)><script>alert(1)</script>`
const PLAIN = 'some plain words'
const UNSAID = 'https://evil.test/"><script>alert(1)</script>'

/** Headers and fields that a browser, a proxy or an attacker may add. */
const lures = {
  referer: UNSAID,
  'hx-current-url': 'javascript:alert(1)//"><script>',
  'hx-target': EVIL,
  'hx-source': EVIL,
  'hx-prompt': EVIL,
  'hx-trigger': EVIL,
  'hx-trigger-name': EVIL,
  'hx-redirect': UNSAID,
  'hx-location': '{"path":"//evil.test"}',
  'x-forwarded-host': 'evil.test',
  'x-forwarded-proto': 'javascript',
  'x-forwarded-prefix': '//evil.test',
  'x-original-url': '/admin/users',
  'x-rewrite-url': '/admin/users',
  'x-http-method-override': 'DELETE',
  forwarded: 'host=evil.test;proto=javascript',
  accept: EVIL,
  'accept-language': EVIL,
  range: 'bytes=0-9',
  'if-none-match': '*',
  'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT',
  'last-event-id': EVIL,
  'x-custom-name': EVIL,
}

const WAYS: Record<string, string>[] = [
  {},
  { 'hx-request': 'true' },
  { 'hx-request': 'true', 'hx-request-type': 'full' },
]

/** Challenges of passkeys and new user handles. */
const RANDOM = /[\w-]{43,}/g

const seen = ({ status, to, html, set, headers }: Answer) => ({
  status,
  to,
  html: html.replaceAll(RANDOM, 'random'),
  set,
  headers: [...headers],
})

test('additional headers and fields do not change a response by a byte', async () => {
  const { app, annsBrowser, browser, users } = await annLoggedIn()
  const paths = app.routes.map(({ path }) => at({ path }, users.ann.id))
  for (const path of [...new Set(paths), '/nowhere'].filter((path) => !path.endsWith('/stream')))
    for (const htmx of WAYS) {
      const ask = async (more: Record<string, string>) => {
        annsBrowser.jar.delete('flash') // of the request before
        return [
          seen(await annsBrowser.get(path, { ...htmx, ...more })),
          seen(await browser().get(path, { ...htmx, ...more })),
          seen(await browser().post(path, {}, { ...htmx, ...more })),
        ]
      }
      expect([path, ...(await ask(lures))]).toEqual([path, ...(await ask({}))])
    }
})

/** The responses to paths with this text, as page and partial, for a visitor and for ann. */
async function pagesAt(typed: string) {
  const { annsBrowser, browser } = await annLoggedIn()
  const all = new URLSearchParams(NAMES.map((name): [string, string] => [name, typed]))
  const passing = typed.replaceAll(/[\\%]/g, '') // the return path rejects these
  const paths = [
    `/login?next=/${encodeURIComponent(passing)}`,
    `/login?next=${encodeURIComponent(`/x?${passing}`)}`,
    `/?${all}`,
    `/login?${new URLSearchParams([[typed, typed]])}`,
    ...['/', '/settings/', '/api/', '/assets/', '/admin/users/'].map((place) => place + encodeURIComponent(typed)),
  ]
  const shapes = []
  for (const [i, path] of paths.entries())
    for (const ask of [browser().get, annsBrowser.get, annsBrowser.getHtmx]) {
      const { status, headers, html } = await ask(path)
      shapes.push([i, status, headers.get('content-type'), ...shapeOf(html)])
    }
  return shapes
}

const NAMES = ['q', 'after', 'token', 'page', 'email', 'name', 'error', 'message', 'flash', 'redirect', 'x']

const plain = await pagesAt(PLAIN)

test.each(MARKUP)('%s in a path is shown as text or not at all', async (text) => {
  expect(await pagesAt(text)).toEqual(plain)
})

test('no page shows its query, except the search as text', async () => {
  const { app, annsBrowser, browser, deps, users } = await annLoggedIn()
  await changeRole(deps, users.ann, 'admin', 'command line')
  for (const { path } of app.routes.filter(isDocument))
    for (const one of [browser(), annsBrowser])
      for (const ask of [one.get, one.getHtmx]) {
        const address = (typed: string) =>
          `${at({ path }, users.ann.id)}?${new URLSearchParams([...NAMES, 'id', 'next.x', typed].map((name): [string, string] => [name, typed]))}`
        const said = ({ status, html }: Answer) => [path, status, ...shapeOf(html)]
        expect(said(await ask(address(EVIL)))).toEqual(said(await ask(address(PLAIN))))
      }
})

test('field names, methods, content types and hosts are not reflected', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const named = { 'x onmouseover=alert(1) y': EVIL, [EVIL]: EVIL, '"onfocus=alert(1)': '', class: EVIL, autofocus: '' }
  const answers = [
    await browser().post('/signup', named),
    await browser().post('/login', named),
    await annsBrowser.post('/profile', { ...named, name: '' }),
    await annsBrowser.postHtmx('/settings/tokens', { ...named, name: '' }),
    await browser().get('/', { host: `"><script>alert(1)</script>` }),
    await browser().get('/login', { 'content-type': EVIL }),
    await annsBrowser.get(`/settings/activity?before=${encodeURIComponent(EVIL)}`),
    await browser().ask('/login', { method: 'POST', body: 'x', headers: { 'content-type': EVIL } }),
    await browser().ask('/login', { method: 'DELETE', headers: {} }),
    await browser().get('/', { 'hx-request': 'true', 'hx-request-type': EVIL }),
  ]
  for (const { html, headers } of answers) {
    for (const text of ['onmouseover', 'onfocus', 'alert(1)', 'evil']) expect(decoded(html)).not.toContain(text)
    expect(headers.get('x-content-type-options')).toBe(securityHeaders['x-content-type-options'])
  }
})

test('a program reads stored markup as JSON, never as HTML', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const name of ['<!doctype html><script>alert(1)</script>', '<svg onload=alert(1)>', '{"a":1}', '%PDF-1.7']) {
    expect((await annsBrowser.post('/profile', { name })).status).toBe(303)
    const { html, headers } = await annsBrowser.get('/api/me', { accept: 'text/html', 'sec-fetch-dest': 'document' })
    expect(JSON.parse(html).name).toBe(name)
    expect([headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
      'application/json; charset=utf-8',
      'nosniff',
    ])
  }
})
