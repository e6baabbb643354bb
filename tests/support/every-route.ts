import { expect } from 'bun:test'
import { days } from '@/lib/duration'
import { endSession } from '@/model/sessions/end'
import { scopes } from '@/model/users/roles'
import { allowAnyone, requireGuest, requireReloginPending } from '@/http/auth/authorize'
import { authorizerOf, type GuardedRoute } from '@/http/auth/guards'
import { securityHeaders, FILE_CSP } from '@/http/response/security-headers'
import type { Browser } from './browser'
import { sessionOf } from './devices'
import { dumpDatabase as dump } from './dump-database'
import { logLines } from './no-stray-errors'
import { eve } from './people'
import { annAsAdmin } from './roles'
import { makeToken } from './tokens'

type Texts = Record<string, string>
type Schema = { properties?: Texts }
type Found = GuardedRoute & { hooks: { body?: Schema; query?: Schema } }
type Wanted = { headers?: Texts; body?: string }

const SAME_BROWSER = { 'user-agent': 'Test browser' } // a different one would make each login stale
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Valid values for known fields. Other fields get a word. */
const GOOD: Texts = {
  email: 'zoe@example.test',
  name: 'Zoe',
  password: eve.password,
  new_password: 'five boxing wizards',
  role: 'support',
  scopes: 'profile:read',
  expires_days: '7',
}

const namesIn = (schema: Schema | undefined) => Object.keys(schema?.properties ?? {})

export const routesOf = ({ routes }: { routes: object[] }) =>
  (routes as Found[]).map((route) => {
    const path = route.path.replace(/(.)\/$/, '$1')
    return {
      name: `${route.method} ${path}`,
      method: route.method,
      path,
      fields: namesIn(route.hooks.body),
      queries: namesIn(route.hooks.query),
      admission: authorizerOf(route),
    }
  })

export type Route = ReturnType<typeof routesOf>[number]

/** A page, a partial or JSON; no static file and no stream, which does not end. */
export const isDocument = ({ method, path }: Pick<Route, 'method' | 'path'>) =>
  method === 'GET' && !/^\/(assets\/|favicon)|\/stream$/.test(path)

/** A form that has fields and is no request of the API. */
export const isForm = (route: Pick<Route, 'method' | 'path' | 'fields'>) =>
  changes(route) && route.fields.length > 0 && !route.path.startsWith('/api/')

/** The paths of links and forms, without query. */
export const pathsIn = (html: string) =>
  [...html.matchAll(/ (?:href|action)="(\/[^"#?]*)/g)].map(([, path = '']) => path)

/** Static files have no guard. */
export const isPublic = ({ admission }: Route) =>
  admission === undefined || admission === allowAnyone || admission === requireGuest

/** A person who passes the guard of the route, and whether the login must be stale. */
export function personFor(route: Route): { person: 'visitor' | 'ann'; isStale: boolean } {
  return { person: isPublic(route) ? 'visitor' : 'ann', isStale: route.admission === requireReloginPending }
}

/** A site with one person of each kind and all routes that the framework reports. */
export async function everyRoute() {
  const site = await annAsAdmin({ SESSION_IDLE_SECONDS: '3600', MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const { deps, users } = site
  const ended = await site.as(eve)
  await endSession(deps, await sessionOf(site, ended), 'revoked')
  const program = await makeToken(deps, users.ann, { name: 'x', scopes, lifetime: days(1) })
  const cookieOf = ({ jar }: Browser): Texts => ({ cookie: [...jar].map((pair) => pair.join('=')).join('; ') })
  /** The credentials of each person. */
  const people = {
    visitor: {},
    eve: cookieOf(site.eves),
    'eve, whose login is stale': cookieOf(await site.as(eve, { fresh: false })),
    'eve, whose session has ended': cookieOf(ended),
    ann: cookieOf(site.anns),
    'a program of ann’s': { authorization: `Bearer ${program.text}` },
  } satisfies Record<string, Texts>
  const routes = routesOf(site.app)

  /** Sends one raw request and checks the rules for every response. */
  async function ask(who: Texts, method: string, path: string, { headers, body }: Wanted = {}) {
    const asked = logLines.length
    const type = body === undefined ? {} : FORM
    const request = new Request(deps.config.appUrl + path, {
      method,
      body,
      headers: { ...SAME_BROWSER, ...type, ...who, ...headers },
    })
    const response = await site.app.handle(request)
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (isStream) await response.body?.cancel() // a stream does not end
    const html = isStream ? '' : await response.text()
    expectSound(path, response, html)
    expect(logLines.slice(asked).filter((line) => JSON.parse(line).msg === 'request')).toHaveLength(1)
    return { status: response.status, headers: response.headers, html }
  }

  const dumpDatabase = async () => JSON.stringify(await dump(site))

  await ask(people['a program of ann’s'], 'GET', '/api/me') // the first use is recorded, the next after a minute
  const everybody = Object.entries(people).map(([name, who]) => ({ name, who: who as Texts }))
  return { ...site, people, everybody, routes, ask, dumpDatabase }
}

/** The path of a route with this id. */
export const at = ({ path }: Pick<Route, 'path'>, id = 'x') => path.replace(/:\w+/g, id)

/** A form with valid values for all fields of the route. */
export const filled = ({ fields }: Pick<Route, 'fields'>) =>
  new URLSearchParams(fields.map((name): [string, string] => [name, GOOD[name] ?? 'x']))

export const changes = ({ method }: Pick<Route, 'method'>) => method !== 'GET'

const COOKIE = new RegExp(
  String.raw`^(session|remember|flash|saved|device|theme|one-time|flow)=[\w.-]*; Path=/; (Max-Age=\d+; )?HttpOnly; SameSite=Lax$`,
)
const TYPES = ['text/html', 'text/plain', 'application/json', 'application/problem+json', 'text/event-stream']

/** Rules for every response. */
function expectSound(path: string, { status, headers }: Response, html: string) {
  const isAsset = status === 200 && /^\/(assets\/|favicon)/.test(path)
  expect(status).toBeLessThan(500)
  const policy = isAsset && { 'content-security-policy': FILE_CSP }
  expect(Object.fromEntries(headers)).toMatchObject({ ...securityHeaders, ...policy })
  expect(headers.get('cache-control')).toMatch(isAsset ? /^public, max-age=/ : /^no-store$/)
  for (const line of headers.getSetCookie()) expect(line).toMatch(COOKIE)
  expect(
    [...headers.keys()].filter((name) => /^access-control|^server$|powered|^etag|^last-modified/.test(name)),
  ).toEqual([])
  const type = headers.get('content-type')?.replace('; charset=utf-8', '')
  if (html !== '' && !isAsset) expect(TYPES).toContain(type ?? 'none')
  for (const name of ['location', 'hx-redirect']) {
    const to = headers.get(name)
    if (to !== null) expect(to).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/)
  }
}
