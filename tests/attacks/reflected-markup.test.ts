import { expect, test } from 'bun:test'
import { baseline } from '@/web/headers'
import type { Answer } from '../support/browser'
import { decoded, MARKUP, shapeOf } from '../support/markup'
import { annLoggedIn } from '../support/people'

const EVIL = `"'></title><img src=x onerror=alert(1)><script>alert(1)</script>`
const PLAIN = 'some plain words'
const UNSAID = 'https://evil.test/"><script>alert(1)</script>'

/** What a browser, a proxy or a liar may say beside the question itself. */
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

const seen = ({ status, to, html, set, headers }: Answer) => ({ status, to, html, set, headers: [...headers] })

test('whatever a request says beside its question, the answer is the same to the byte', async () => {
  const { app, annsBrowser, browser, users } = await annLoggedIn()
  const paths = app.routes.map(({ path }) => path.replace(':id', users.ann.id).replace(':name', 'x'))
  for (const path of [...new Set(paths), '/nowhere'].filter((path) => !path.endsWith('/stream')))
    for (const htmx of WAYS) {
      const ask = async (more: Record<string, string>) => [
        seen(await annsBrowser.get(path, { ...htmx, ...more })),
        seen(await browser().get(path, { ...htmx, ...more })),
        seen(await browser().post(path, {}, { ...htmx, ...more })),
      ]
      expect([path, ...(await ask(lures))]).toEqual([path, ...(await ask({}))])
    }
})

test.each(MARKUP)('%s in an address is text on the page, or not there at all', async (text) => {
  const { annsBrowser, browser } = await annLoggedIn()
  const asked = (typed: string) => {
    const all = new URLSearchParams(NAMES.map((name): [string, string] => [name, typed]))
    return [
      `/login?next=/${encodeURIComponent(typed.replaceAll(/[\\%]/g, ''))}`, // with those it is refused
      `/login?next=${encodeURIComponent(`/x?${typed.replaceAll(/[\\%]/g, '')}`)}`,
      `/?${all}`,
      `/settings/activity?${all}`,
      `/login?${new URLSearchParams([[typed, typed]])}`,
      `/${encodeURIComponent(typed)}`,
      `/settings/${encodeURIComponent(typed)}`,
      `/api/${encodeURIComponent(typed)}`,
      `/assets/${encodeURIComponent(typed)}`,
      `/admin/users/${encodeURIComponent(typed)}`,
    ]
  }
  const plain = asked(PLAIN)
  for (const [i, path] of asked(text).entries())
    for (const one of [browser(), annsBrowser])
      for (const ask of [one.get, one.part]) {
        const [answer, expected] = [await ask(path), await ask(plain[i] ?? '')]
        const said = (told: Answer) => [path, told.status, told.headers.get('content-type'), ...shapeOf(told.html)]
        expect(said(answer)).toEqual(said(expected))
      }
})

const NAMES = ['q', 'after', 'token', 'page', 'email', 'name', 'error', 'message', 'flash', 'redirect', 'x']

test('a name of a field, a method, a type and a host are not said either', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const named = { 'x onmouseover=alert(1) y': EVIL, [EVIL]: EVIL, '"onfocus=alert(1)': '', class: EVIL, autofocus: '' }
  const answers = [
    await browser().post('/signup', named),
    await browser().post('/login', named),
    await annsBrowser.post('/profile', { ...named, name: '' }),
    await annsBrowser.swap('/settings/tokens', { ...named, name: '' }),
    await browser().get('/', { host: `"><script>alert(1)</script>` }),
    await browser().get('/login', { 'content-type': EVIL }),
    await annsBrowser.get(`/settings/activity?before=${encodeURIComponent(EVIL)}`),
    await browser().ask('/login', { method: 'POST', body: 'x', headers: { 'content-type': EVIL } }),
    await browser().ask('/login', { method: 'DELETE', headers: {} }),
    await browser().get('/', { 'hx-request': 'true', 'hx-request-type': EVIL }),
  ]
  for (const { html, headers } of answers) {
    for (const text of ['onmouseover', 'onfocus', 'alert(1)', 'evil']) expect(decoded(html)).not.toContain(text)
    expect(headers.get('x-content-type-options')).toBe(baseline['x-content-type-options'])
  }
})

test('a program that stores markup reads it back as JSON, and never as a page', async () => {
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
