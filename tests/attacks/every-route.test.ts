import { expect, setDefaultTimeout, test } from 'bun:test'
import { matchesPath } from '@/http/request/route-table'
import { at, changes, everyRoute, filled, isPublic } from '../support/every-route'
import { logLines } from '../support/no-stray-errors'
import { ann, eve } from '../support/people'

// Requests every route of the app; the list comes from the framework, so that a new route is always covered.
setDefaultTimeout(60_000)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']

/** Anyone may stop a login, and begins again. */
const startsAgain = ({ name }: { name: string }) => name === 'POST /login/second-step/stop'

test('a visitor can read public pages, is redirected to the login elsewhere and changes nothing', async () => {
  const { routes, ask, dumpDatabase } = await everyRoute()
  const before = await dumpDatabase()
  for (const route of routes) {
    const { status, headers } = await ask({}, route.method, at(route), changes(route) ? { body: '' } : {})
    const to = headers.get('location') ?? ''
    const isSentAway = status === 401 || (status === 303 && to.startsWith('/login'))
    expect([route.name, isSentAway]).toEqual([route.name, !isPublic(route) || startsAgain(route)])
  }
  expect(await dumpDatabase()).toBe(before)
})

const FOREIGN: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'http://localhost' },
  { 'sec-fetch-site': 'cross-site', origin: 'http://localhost', 'hx-request': 'true', 'x-session-user': 'x' },
  { origin: 'https://evil.test' },
  { origin: 'null' },
  { origin: 'http://localhost.evil.test', referer: 'http://localhost/profile' },
]

test('every route that changes data rejects cross-site requests and changes nothing', async () => {
  const { everybody, routes, ask, dumpDatabase, users, deps } = await everyRoute()
  const before = await dumpDatabase()
  const asksForToken = (who: object) => 'authorization' in who
  for (const route of routes.filter(changes))
    for (const { name, who } of everybody.filter(({ who }) => !asksForToken(who)))
      for (const headers of FOREIGN) {
        const { status, headers: sent } = await ask(who, route.method, at(route, users.eve.id), {
          headers,
          body: `${filled(route)}`,
        })
        expect([route.name, name, headers, status, sent.getSetCookie()]).toEqual([route.name, name, headers, 403, []])
      }
  expect(await dumpDatabase()).toBe(before)
  expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(3)
})

test('the same requests change data when they come from a page of the site', async () => {
  for (const name of ['POST /logout', 'POST /profile']) {
    const { everybody, routes, ask, dumpDatabase, users } = await everyRoute()
    const before = await dumpDatabase()
    for (const route of routes.filter((one) => one.name === name))
      for (const { who } of everybody)
        await ask(who, route.method, at(route, users.sue.id), { body: `${filled(route)}` })
    expect([name, (await dumpDatabase()) !== before]).toEqual([name, true])
  }
})

test('framed and cross-site fetched pages get the same error for every user', async () => {
  const { everybody, routes, ask, dumpDatabase } = await everyRoute()
  const before = await dumpDatabase()
  const embedding = [
    ...['iframe', 'frame', 'embed', 'object', 'fencedframe'].map((dest) => ({
      'sec-fetch-dest': dest,
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': 'cross-site',
    })),
    { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' },
    {
      'sec-fetch-dest': 'empty',
      'sec-fetch-mode': 'cors',
      'sec-fetch-site': 'same-site',
      origin: 'http://x.localhost',
    },
  ]
  for (const route of routes.filter((one) => !changes(one)))
    for (const headers of embedding) {
      const answers = new Set<string>()
      for (const { who } of everybody.filter(({ who }) => !('authorization' in who))) {
        const { status, html, headers: sent } = await ask(who, 'GET', at(route), { headers })
        expect([route.name, headers, status]).toEqual([route.name, headers, 403])
        answers.add(html + JSON.stringify([...sent]))
      }
      expect(answers.size).toBe(1)
    }
  expect(await dumpDatabase()).toBe(before)
})

test('an unsupported method returns 405 with the allowed methods for every user and changes nothing', async () => {
  const { everybody, routes, ask, dumpDatabase } = await everyRoute()
  const before = await dumpDatabase()
  for (const { path } of routes) {
    const own = routes.filter((one) => matchesPath(one.path, at({ path }))).map(({ method }) => method)
    const allow = [...new Set([...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted().join(', ')
    for (const { who } of everybody) {
      for (const method of METHODS.filter((one) => !own.includes(one))) {
        const { status, headers } = await ask(who, method, at({ path }), method === 'GET' ? {} : { body: '' })
        expect([path, method, status, headers.get('allow')]).toEqual([path, method, 405, allow])
      }
      const { status, headers, html } = await ask(who, 'OPTIONS', at({ path }))
      expect([path, status, headers.get('allow'), html, headers.getSetCookie()]).toEqual([path, 204, allow, '', []])
    }
  }
  expect(await dumpDatabase()).toBe(before)
})

test('a HEAD request returns the headers of GET without a body', async () => {
  const { everybody, routes, ask, dumpDatabase } = await everyRoute()
  const before = await dumpDatabase()
  for (const route of routes.filter((one) => !changes(one)))
    for (const { name, who } of everybody) {
      const [get, head] = [await ask(who, 'GET', at(route)), await ask(who, 'HEAD', at(route))]
      const observed = ({ status, headers }: typeof get) => [
        status,
        ...['content-type', 'location', 'cache-control'].map((one) => headers.get(one)),
      ]
      expect([route.name, name, observed(head), head.html]).toEqual([route.name, name, observed(get), ''])
    }
  expect(await dumpDatabase()).toBe(before)
})

test('the log of all routes contains no password, token or cookie', async () => {
  const { people, everybody, routes, ask } = await everyRoute()
  for (const route of routes)
    for (const { who } of everybody)
      await ask(who, route.method, `${at(route)}?token=swordfish`, changes(route) ? { body: `${filled(route)}` } : {})
  const secrets = [
    ann.password,
    eve.password,
    'five boxing wizards',
    'swordfish',
    ...Object.values(people).flatMap(Object.values),
  ]
  for (const secret of secrets)
    for (const part of `${secret}`.split('; ')) expect(logLines.filter((line) => line.includes(part))).toEqual([])
})
