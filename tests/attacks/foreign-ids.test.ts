import { expect, setDefaultTimeout, test } from 'bun:test'
import { sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import { scopes } from '@/model/users/roles'
import { at, changes, everyRoute, filled, isPublic, type Route } from '../support/every-route'
import { findFixture, listFixtures } from '../support/fixtures'
import { dumpDatabase } from '../support/dump-database'
import { ann } from '../support/people'
import { sue } from '../support/roles'
import { makeToken } from '../support/tokens'

// Every route with a parameter, requested by each person with foreign ids.
setDefaultTimeout(60_000)

const withParameter = (routes: Route[]) => routes.filter(({ path, admission }) => path.includes(':') && admission)

/** Ann and sue own one row of each kind. Eve knows all texts of these rows. */
async function everythingOwned() {
  const site = await everyRoute()
  const { deps, users } = site
  for (const one of [ann, sue]) await site.browser().post('/login', { ...one, remember: 'yes' })
  for (const owner of [users.ann, users.sue]) for (const { row } of listFixtures()) await row?.(site, owner)
  const made = await makeToken(deps, users.ann, { name: 'anns', scopes, lifetime: days(30) })
  const evesToken = await makeToken(deps, users.eve, { name: 'eves', scopes, lifetime: days(30) })
  const bearer: Record<string, string> = { authorization: `Bearer ${evesToken.text}` }
  await site.ask(bearer, 'GET', '/api/me') // the use is recorded once per minute
  const tables = await dumpDatabase(site)
  const isEves = (row: Record<string, unknown>) => row.user_id === users.eve.id
  const known = [made.text, ...[site.anns, site.sues].flatMap(({ jar }) => [...jar.values()])]
  const texts = Object.values(tables)
    .flat()
    .filter((row) => !isEves(row))
    .flatMap((row) => Object.values(row))
    .filter((value) => typeof value === 'string')
  const foreign = [...new Set([...texts, ...known, ...known.map(sha256)])].filter(
    (text) => text !== '' && text.length < 200,
  )
  const odds = [...odd(users.ann.id), ...odd(evesToken.token.id).slice(0, 12)]
  const everybody = [...site.everybody, { name: 'a program of eve’s', who: bearer }]
  return { ...site, everybody, tables, foreign, odds }
}

type Owned = Awaited<ReturnType<typeof everythingOwned>>

/** The ids that a person with the permission may use for any owner. */
function sharedIds({ tables }: Owned, { name }: Route) {
  const { table } = findFixture(name) ?? {}
  const rows = table === undefined ? Object.values(tables).flat() : (tables[table] ?? [])
  return new Set(rows.map(({ id }) => id))
}

const next = (id: string) => id.slice(0, -1) + String.fromCharCode(id.charCodeAt(id.length - 1) + 1)

/** Invented ids, and texts that a query could read as an id or as all ids. */
const odd = (id: string) => [
  next(id),
  id.toLowerCase(),
  id.toUpperCase(),
  id.slice(0, -1),
  `${id}x`,
  `${id} `,
  ` ${id}`,
  `${id}\0`,
  `${id}/`,
  `${id},${id}`,
  `${id}%`,
  `${id.slice(0, 4)}%`,
  '_'.repeat(22),
  '%',
  '*',
  '?',
  '.',
  "' OR 1",
  "' OR '1'='1",
  `${id}' --`,
  `" or "a"="a`,
  '1',
  '0',
  '-1',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '{}',
  '[]',
  '$ne',
  '__proto__',
  'constructor',
  'toString',
  'current',
  'me',
  'all',
  'self',
  '\u212A',
  '\uFF0A',
  '../tokens',
  '..\\..',
  'x;y',
  '%00',
  '%252e%252e',
]

/** The response to this id, without the paths that repeat it. */
async function answerTo({ ask }: Owned, who: Record<string, string>, route: Route, id: string) {
  const body = changes(route) && route.method !== 'DELETE' ? { body: `${filled(route)}` } : {}
  const { status, headers, html } = await ask(who, route.method, at(route, id), body)
  return [status, html, ...[...headers].filter(([name]) => name !== 'location' && name !== 'hx-redirect')]
}

/** Requests each text as an id, encoded once and twice, and expects the response to an invented id. */
async function expectSame(site: Owned, name: string, who: Record<string, string>, route: Route, texts: string[]) {
  const expected = await answerTo(site, who, route, 'x')
  for (const text of texts)
    for (const spelt of new Set([encodeURIComponent(text), encodeURIComponent(encodeURIComponent(text))])) {
      const path = at(route, spelt)
      const isSame = new URL(path, 'http://x').pathname === path // otherwise the client changes the path
      if (isSame) expect([name, path, ...(await answerTo(site, who, route, spelt))]).toEqual([name, path, ...expected])
    }
  return expected[0]
}

const names = withParameter((await everyRoute()).routes).map(({ name }) => name)

test.each(names)('%s answers a foreign id like an invented id, for every person, and changes nothing', async (name) => {
  const site = await everythingOwned()
  const route = site.routes.find((one) => one.name === name)
  if (!route) throw new Error(`${name} is no route`)
  const shared = sharedIds(site, route)
  const evesStatus = (await answerTo(site, site.people.eve, route, 'x'))[0]
  // Without a row of another owner, a route that forgets the owner would pass.
  if (!isPublic(route) && evesStatus !== 403 && !findFixture(name)?.row)
    throw new Error(`${name} needs a fixture with \`row\` in tests/support/fixtures.ts, see docs/test.md`)
  const before = await site.dumpDatabase()
  // The form of a late user is saved, whatever its id: tests/attacks/saved-requests.test.ts.
  const isLate = (person: string) => changes(route) && /stale|ended/.test(person)
  for (const { name: person, who } of site.everybody.filter(({ name }) => !isLate(name))) {
    const isEve = person.includes('eve')
    // Public rows and rows behind a permission are shared. All others have an owner.
    const isShared = isPublic(route) || (evesStatus === 403 && !isEve)
    const texts = [...site.foreign, ...site.odds].filter((text) => !(isShared || !isEve) || !shared.has(text))
    const all = isEve || person === 'ann' ? texts : texts.slice(0, 20)
    const status = await expectSame(site, person, who, route, all)
    const isRefused = [303, 401, 403, 404, ...(findFixture(name) ? [] : [422])].includes(Number(status))
    expect([person, status, isRefused]).toEqual([person, status, true])
  }
  expect(await site.dumpDatabase()).toBe(before)
})

test('a user and an admin receive 404 or 403 for an invented id', async () => {
  const site = await everythingOwned()
  for (const route of withParameter(site.routes).filter(({ name }) => findFixture(name)))
    for (const who of [site.people.eve, site.people.ann])
      expect([route.name, (await answerTo(site, who, route, 'x'))[0]]).toBeOneOf([
        [route.name, 404],
        [route.name, 403],
      ])
})
