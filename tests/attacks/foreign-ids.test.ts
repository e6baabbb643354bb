import { expect, test } from 'bun:test'
import { sha256 } from '@/lib/bytes'
import { days } from '@/lib/durations'
import { scopes } from '@/model/roles'
import type { Answer, Browser } from '../support/browser'
import { kept } from '../support/kept'
import { ann, eve } from '../support/people'
import { annTheAdmin, sue } from '../support/roles'
import { makeToken } from '../support/tokens'

/** Ann and sue have all that can be had; eve knows every text of it that there is. */
async function all() {
  const site = await annTheAdmin()
  for (const one of [ann, sue]) {
    const rests = site.browser()
    await rests.post('/login', { ...one, remember: 'yes' })
  }
  const made = await makeToken(site.deps, site.users.ann, { name: 'anns', scopes, lifetime: days(30) })
  const evesToken = await makeToken(site.deps, site.users.eve, { name: 'eves', scopes, lifetime: days(30) })
  const of = Object.values(await kept(site)).flat()
  const texts = of.flatMap((row) => Object.values(row ?? {})).filter((value) => typeof value === 'string')
  const known = [made.text, ...[site.anns, site.sues].flatMap(({ jar }) => [...jar.values()])]
  const own = new Set([
    evesToken.token.id,
    (await site.deps.db.selectFrom('sessions').select('id').where('user_id', '=', site.users.eve.id).execute())[0]?.id,
  ])
  const foreign = [...new Set([...texts, ...known, ...known.map(sha256)])].filter(
    (text) => text !== '' && !own.has(text),
  )
  return { ...site, evesToken, foreign }
}

const next = (id: string) => id.slice(0, -1) + String.fromCharCode(id.charCodeAt(id.length - 1) + 1)

/** What is no id of anybody, and might be taken for one, or for all of them. */
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

const OF_OWNER = [
  'POST /settings/sessions/:id/end',
  'POST /settings/tokens/:id/revoke',
  'DELETE /api/sessions/:id',
  'DELETE /api/tokens/:id',
]
const OF_ADMIN = [
  'GET /admin/users/:id',
  'POST /admin/users/:id/activate',
  'POST /admin/users/:id/deactivate',
  'POST /admin/users/:id/end-sessions',
  'POST /admin/users/:id/role',
]

const page = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const ask = (one: Browser, method: string, path: string, headers = {}) =>
  one.ask(path, {
    method,
    ...(method === 'POST' ? { body: new URLSearchParams({ role: 'user' }) } : {}),
    headers: { ...page, ...headers },
  })
const seen = ({ status, html, set, headers }: Answer) => [status, html, set, ...headers]

test('every address with an id in it is asked here', async () => {
  const { app } = await annTheAdmin()
  const withId = app.routes.filter(({ path }) => path.includes(':id')).map(({ method, path }) => `${method} ${path}`)
  expect(withId.toSorted()).toEqual([...OF_OWNER, ...OF_ADMIN].toSorted())
})

/** Asks for each text as an id, once and twice encoded, and finds every answer to be that to an id of nobody. */
async function expectNothing(one: Browser, route: string, texts: string[], status: number, more = {}) {
  const [method = '', pattern = ''] = route.split(' ')
  const of = (id: string) => pattern.replace(':id', () => id)
  const expected = seen(await ask(one, method, of('x'), more))
  expect(expected[0]).toBe(status)
  for (const text of texts)
    for (const spelt of new Set([encodeURIComponent(text), encodeURIComponent(encodeURIComponent(text))])) {
      const path = of(spelt)
      const isSame = new URL(path, 'http://x').pathname === path // or it is another address by the time it arrives
      if (isSame) expect([path, ...seen(await ask(one, method, path, more))]).toEqual([path, ...expected])
    }
}

test.each(OF_OWNER)(
  '%s: whatever text of somebody else is sent for an id, it is one and the same 404, and nothing is done',
  async (route) => {
    const site = await all()
    const bearer = { authorization: `Bearer ${site.evesToken.text}` }
    await site.browser().get('/api/me', bearer) // its use is noted once a minute
    const before = await kept(site)
    const texts = [...site.foreign, ...odd(site.users.ann.id), ...odd(site.evesToken.token.id).slice(0, 12)]
    await expectNothing(site.eves, route, texts, 404)
    if (route.includes('/api/')) await expectNothing(site.browser(), route, texts, 404, bearer)
    expect(await kept(site)).toEqual(before)
  },
)

test.each(OF_ADMIN)('%s: an admin finds users by their whole ids alone', async (route) => {
  const site = await all()
  const ids = new Set(Object.values(site.users).map(({ id }) => id))
  const before = await kept(site)
  const texts = [...site.foreign, ...odd(site.users.eve.id), ann.email, eve.email].filter((text) => !ids.has(text))
  await expectNothing(site.anns, route, texts, 404)
  expect(await kept(site)).toEqual(before)
})

test.each(OF_ADMIN)('%s: to others every id is alike', async (route) => {
  const site = await all()
  const before = await kept(site)
  const texts = [...Object.values(site.users).map(({ id }) => id), ...odd(site.users.sue.id)]
  await expectNothing(site.eves, route, texts, 403)
  expect(await kept(site)).toEqual(before)
})
