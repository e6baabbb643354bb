import { expect, mock, test } from 'bun:test'
import { Elysia } from 'elysia'
import { DatabaseUnreachableError } from '@db/postgres/errors'
import { minutes } from '@/lib/duration'
import { findUser } from '@/model/users/users'
import type { Deps } from '@/deps/deps'
import { adminTest } from '../../support/features'
import { logLines, takeLoggedErrors } from '../../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn, annRemembered } from '../../support/people'
import { makeToken } from '../../support/tokens'

async function annsBrokenSite() {
  const site = await annAndEve()
  const breakDown = () => {
    throw new Error('secret detail of sqlite')
  }
  site.app.use(new Elysia({ prefix: '/probe' }).use(site.guards.anyone).get('/broken', breakDown))
  site.app.use(new Elysia({ prefix: '/api' }).use(site.guards.anyone).get('/broken', breakDown))
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', ann)
  return { ...site, annsBrowser }
}

test('an internal error is a page with an id that is also in the log, and without details', async () => {
  const { annsBrowser } = await annsBrokenSite()
  const { status, html } = await annsBrowser.get('/probe/broken?token=secret-in-the-query')
  const [line] = takeLoggedErrors()
  expect(status).toBe(500)
  expect(JSON.stringify([line, logLines])).not.toContain('secret-in-the-query')
  expect(html).toContain(`<code>${line?.id}</code>`)
  expect(line?.err?.message).toBe('secret detail of sqlite')
  expect(html).not.toMatch(/secret detail|at \/|\.ts/)
  expect(html).toContain('<button type="submit">Logout</button>')
})

test('an internal error of the API is a problem document with the id of the log', async () => {
  const { annsBrowser } = await annsBrokenSite()
  const { status, html } = await annsBrowser.get('/api/broken')
  expect(JSON.parse(html)).toEqual({
    type: 'about:blank',
    title: 'Something went wrong',
    status: 500,
    detail: expect.any(String),
    id: takeLoggedErrors()[0]?.id,
  })
  expect(status).toBe(500)
})

test('during an outage, the error page does not read the session again, and the log has no stack', async () => {
  const message = 'query failed: no answer within 3000 ms'
  let isDown = false
  const readUser = mock(async (id: string, deps: Deps) => {
    if (isDown) throw new DatabaseUnreachableError(message)
    return findUser(deps, id)
  })
  const { annsBrowser } = await annLoggedIn({}, { findUser: readUser })
  isDown = true
  readUser.mockClear()
  expect((await annsBrowser.get('/profile')).status).toBe(503)
  expect(readUser).toHaveBeenCalledTimes(1)
  const [line] = takeLoggedErrors()
  expect([line?.err?.message, line?.err?.stack]).toEqual([message, ''])
})

test('a missing database table is an internal error and grants no access', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  await deps.db.destroy()
  expect((await annsBrowser.get('/profile')).status).toBe(500)
  expect(takeLoggedErrors()).toHaveLength(1)
})

test('a password, a remembered device and an API token grant no access while the database fails', async () => {
  const { annsBrowser, browser, deps, users } = await annRemembered()
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: minutes(5) })
  await deps.db.destroy()
  const answers = [
    await annsBrowser.get('/profile'),
    await browser().post('/login', { ...ann, remember: 'yes' }),
    await browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } }),
  ]
  for (const { status, set, html } of answers) expect([status, set, html.includes(ann.name)]).toEqual([500, [], false])
  expect([...annsBrowser.jar.keys()]).toEqual(['device', 'remember']) // usable again once the database works
  expect(takeLoggedErrors()).toHaveLength(3)
})

test('an unknown path shows the error page to a visitor and to a user', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect((await browser().get('/nowhere')).html).toContain('<h1>Page not found</h1>')
  expect((await annsBrowser.get('/nowhere')).html).toContain('<button type="submit">Logout</button>')
  for (const path of [
    '/profile/a.css',
    '/profile%2Fx.js',
    '/profile;x.css',
    '/.git/HEAD',
    '/.env',
    '/package.json',
    '/db/test.sqlite',
    '/src/app.ts',
    '/assets/',
    '/assets/..%2fpackage.json',
    '//profile',
  ])
    expect([path, (await annsBrowser.get(path)).status]).toEqual([path, 404])
})

test('an error response to htmx is a partial that replaces the main content', async () => {
  const { browser } = await annLoggedIn()
  const { html, headers } = await browser().getHtmx('/nowhere')
  expect(html).toStartWith('<title>Page not found · ')
  expect(headers.get('hx-retarget')).toBe('#main')
})

adminTest('an error response to a form of htmx is a message above the form, which stays', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const [answer, status, text] of [
    [
      await annsBrowser.postHtmx('/nowhere'),
      404,
      'Page not found. The address may be mistyped, or the page was removed.',
    ],
    [await annsBrowser.postHtmx('/profile', { name: 'x'.repeat(70_000) }), 413, 'Too large. Send at most 64 KiB.'],
    [await annsBrowser.postHtmx('/admin/users/1/activate'), 403, 'Access denied.'],
  ] as const) {
    expect([answer.status, answer.headers.get('hx-retarget')]).toEqual([status, '#flash'])
    expect([answer.headers.get('hx-reswap'), answer.headers.get('hx-push-url')]).toEqual(['outerHTML', 'false'])
    expect(answer.html).toStartWith(`<p id="flash" class="error" role="alert">${text}`)
  }
})

test('a wrong method returns 405 with the allowed methods', async () => {
  const { browser } = await annLoggedIn()
  const ask = (path: string, method: string) => browser().ask(path, { method, headers: {} })
  for (const method of ['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
    const { status, headers } = await ask('/login', method)
    expect([method, status, headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, OPTIONS, POST'])
  }
  expect((await ask('/probe/', 'POST')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  for (const path of ['/nowhere', '//', '//login'])
    expect((await ask(path, 'GET')).status + (await ask(path, 'DELETE')).status).toBe(808)
  expect((await ask('/api', 'GET')).headers.get('content-type')).toContain('application/problem+json')
  const options = await ask('/login', 'OPTIONS')
  expect([options.status, options.headers.get('allow'), options.html]).toEqual([204, 'GET, HEAD, OPTIONS, POST', ''])
  const head = await ask('/login', 'HEAD')
  expect([head.status, head.html, head.headers.get('content-type')]).toEqual([200, '', 'text/html; charset=utf-8'])
})

test('no header or field overrides the method', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(
    (
      await annsBrowser.post(
        '/profile?_method=DELETE',
        { name: 'Ann', _method: 'DELETE' },
        { 'x-http-method-override': 'DELETE' },
      )
    ).to,
  ).toBe('/profile')
})
