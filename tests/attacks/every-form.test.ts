import { expect, setDefaultTimeout, test } from 'bun:test'
import { at, changes, everyRoute, filled, type Route } from '../support/every-route'
import { dumpDatabase as dump } from '../support/dump-database'

// Every route with every field of its form and query, discovered from the app.
setDefaultTimeout(60_000)

type Site = Awaited<ReturnType<typeof everyRoute>>

/** The statuses of each person who sends this request to every route with a body. Nothing may change. */
async function expectRefused(
  expected: (route: Route) => number,
  sent: (route: Route) => { headers?: Record<string, string>; body: string },
  { everybody, routes, ask, dumpDatabase, users }: Site,
) {
  const before = await dumpDatabase()
  for (const route of routes.filter(changes))
    for (const { name, who } of everybody) {
      const { status, headers } = await ask(who, route.method, at(route, users.eve.id), sent(route))
      expect([route.name, name, status, headers.getSetCookie()]).toEqual([route.name, name, expected(route), []])
    }
  expect(await dumpDatabase()).toBe(before)
}

test.each([
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/x-www-form-urlencoded, text/plain',
  'application/xml',
  '',
])('a body of the type %j is rejected by every route before authentication', async (type) => {
  await expectRefused(
    () => 415,
    (route) => ({ headers: { 'content-type': type }, body: `${filled(route)}&x=y` }),
    await everyRoute(),
  )
})

test('only the API accepts JSON', async () => {
  const site = await everyRoute()
  const pages = { ...site, routes: site.routes.filter(({ path }) => !path.startsWith('/api/')) }
  await expectRefused(
    () => 415,
    (route) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(filled(route))),
    }),
    pages,
  )
})

test('every route rejects a body that is too large or compressed', async () => {
  const site = await everyRoute()
  const large = 'x'.repeat(70_000)
  await expectRefused(
    () => 413,
    (route) => ({ headers: { 'content-length': '70007' }, body: `${filled(route)}&x=${large}` }),
    site,
  )
  await expectRefused(
    () => 413,
    (route) => ({ body: `${filled(route)}&x=${large}` }),
    site,
  )
  await expectRefused(
    () => 415,
    (route) => ({ headers: { 'content-encoding': 'gzip' }, body: `${filled(route)}&x=y` }),
    site,
  )
})

test('every route rejects a repeated field of its form and of its query before authentication', async () => {
  const { everybody, routes, ask, dumpDatabase, users } = await everyRoute()
  const before = await dumpDatabase()
  const expectRejected = async (route: Route, query: string, body?: string) => {
    for (const { name, who } of everybody) {
      const { status, headers, html } = await ask(who, route.method, at(route, users.eve.id) + query, { body })
      expect([route.name, name, status, headers.getSetCookie()]).toEqual([route.name, name, 400, []])
      expect(html).toContain('Repeated field')
    }
  }
  for (const route of routes) {
    for (const query of [...route.queries, 'next', 'token']) await expectRejected(route, `?${query}=a&${query}=b`)
    if (!changes(route)) continue
    for (const field of [...route.fields, 'next'].filter((name) => name !== 'scopes'))
      await expectRejected(route, '', `${filled(route)}&${field}=x&${field}=y`)
  }
  expect(await dumpDatabase()).toBe(before)
})

const MARKUP = `"'><x-evil onload=alert(1)></title></textarea></script><script>alert(1)</script>{{7*7}}\${7*7}`
const HOSTILE = [
  MARKUP,
  `<div data-hx-post=/settings/sessions/end-others data-hx-trigger=load>`,
  `a\r\nSet-Cookie: evil=1\r\n\r\n<x-evil>`,
  'a\0b',
  `' or 1=1 --`,
  '\u2028\u202e\u0085\u00a0\ufeff',
  '\ud83d\ude00'.repeat(200),
  '__proto__',
  '{"$ne":1}',
  'javascript:alert(1)',
  '//evil.test/',
  'x'.repeat(20_000),
]

test('a malformed path or query causes no error', async () => {
  const { people, routes, ask, dumpDatabase } = await everyRoute()
  const before = await dumpDatabase()
  for (const route of routes.filter((one) => !changes(one)))
    for (const who of [people.visitor, people.ann])
      for (const broken of ['%', '%zz', '%ff%fe', '%c0%80', '%ed%a0%80', '&&&=&==&', '+', '[]', '[0]=x', '.x=y'])
        for (const query of [broken, ...[...route.queries, 'next', 'token'].map((name) => `${name}=${broken}`)])
          await ask(who, 'GET', `${at(route, broken)}?${query}`)
  expect(await dumpDatabase()).toBe(before)
})

function expectHarmless({ headers, html }: Awaited<ReturnType<Site['ask']>>) {
  const isPage = headers.get('content-type')?.startsWith('text/html')
  if (isPage) expect(html).not.toMatch(/<x-evil|<script>|<div data-hx|"'>|\{\{49|\$\{49/)
  const others = [...headers].filter(([name]) => name !== 'location' && name !== 'hx-redirect') // these contain the encoded return path
  expect(others.filter(([, value]) => /x-evil|evil=1|evil\.test/.test(value))).toEqual([])
  expect(html).not.toMatch(/sqlite|SQLITE|\n\s+at .*\.tsx?:\d/)
}

test.each(HOSTILE)(
  'hostile text %# in fields, query, path and headers causes no error and no markup',
  async (hostile) => {
    const { everybody, routes, ask } = await everyRoute()
    const [encoded, fits] = [encodeURIComponent(hostile), hostile.length < 8000]
    const header = fits && /^[\x20-\x7e]+$/.test(hostile) ? hostile : 'x'
    const headers = { 'hx-request': 'true', 'hx-current-url': header, 'hx-target': header, 'last-event-id': header }
    const ways = ({ queries }: Route) => [[...queries, 'token', encoded], ['next']]
    for (const route of routes)
      for (const { who } of everybody) {
        const path = at(route, fits ? encoded : 'x')
        const body = changes(route) ? { body: '' } : {}
        for (const names of fits ? ways(route) : []) {
          const query = names.map((name) => `${name}=${encoded}`).join('&')
          expectHarmless(await ask(who, route.method, `${path}?${query}`, { headers, ...body }))
        }
        for (const field of changes(route) ? [...route.fields, 'next'] : []) {
          const form = filled(route)
          form.set(field, hostile)
          form.set(hostile, hostile)
          expectHarmless(await ask(who, route.method, at(route), { body: `${form}` }))
        }
      }
  },
)

test('ids of another user give no access at any path, for a user and for a token', async () => {
  const site = await everyRoute()
  const { people, routes, ask, dumpDatabase, as } = site
  await as({ email: 'ann@example.test' }, { remembered: true })
  const rows = Object.values(await dump(site)).flat()
  const foreign = rows.flatMap((row) =>
    row.user_id === site.users.ann.id || row.id === site.users.ann.id ? `${row.id}` : [],
  )
  expect(foreign.length).toBeGreaterThan(5)
  const before = await dumpDatabase()
  for (const route of routes.filter(({ path }) => path.includes(':')))
    for (const id of [
      ...foreign,
      `${foreign[0]}'--`,
      '*',
      '%25',
      '%00',
      '%',
      '%zz',
      '%ff',
      '%c0%80',
      'undefined',
      '0',
      '__proto__',
      'x'.repeat(8000),
    ])
      for (const who of [people.eve, people.visitor]) {
        const { status, html } = await ask(who, route.method, at(route, id), {
          headers: { 'x-user-id': id },
          ...(changes(route) ? { body: `${filled(route)}&user_id=${encodeURIComponent(id)}` } : {}),
        })
        expect([route.name, id, [303, 401, 403, 404, 405].includes(status)]).toEqual([route.name, id, true])
        expect(html).not.toContain('ann@example.test')
      }
  expect(await dumpDatabase()).toBe(before)
})
