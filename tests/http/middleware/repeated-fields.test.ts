import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { minutes } from '@/lib/duration'
import type { Guards } from '@/http/auth/guards'
import { annsProgram } from '../../support/api'
import { annLoggedIn } from '../../support/people'
import { openSite } from '../../support/site'

const lists = { tags: t.Array(t.String()), scopes: t.Union([t.String(), t.Array(t.String())]), name: t.String() }
const Lists = t.Partial(t.Object(lists))

/** Routes of an app, with and without schemas. */
const shop = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/shop' })
    .model({ order: Lists })
    .use(anyone)
    .get('/', ({ query, reply }) => reply.json(query), { query: Lists })
    .post('/', ({ body, reply }) => reply.json(body), { body: Lists })
    .post('/both', ({ body, reply }) => reply.json(body), {
      body: t.Intersect([t.Object({ tags: lists.tags }), t.Object({ name: t.String() })]),
    })
    .post('/model', ({ body, reply }) => reply.json(body), { body: 'order' })
    .get('/plain', ({ query, reply }) => reply.json(query))
    .post('/plain', ({ body, reply }) => reply.json(body))

const openShop = async () => (await openSite({}, undefined, [shop])).browser()
const pairs = (...all: string[]) =>
  all.map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? ''])

test('a list that the schema of a route accepts may repeat', async () => {
  const browser = await openShop()
  const expected = { tags: ['a', 'b'], scopes: ['c', 'd'], name: 'x' }
  const form = pairs('tags=a', 'tags=b', 'scopes=c', 'scopes=d', 'name=x')
  expect(JSON.parse((await browser.get('/shop?tags=a&tags=b&scopes=c&scopes=d&name=x')).html)).toEqual(expected)
  expect(JSON.parse((await browser.post('/shop', form)).html)).toEqual(expected)
  const both = pairs('tags=a', 'tags=b', 'name=x')
  expect(JSON.parse((await browser.post('/shop/both', both)).html)).toEqual({ tags: ['a', 'b'], name: 'x' })
  expect((await browser.post('/shop/model', form)).status).toBe(200)
})

test.each([
  '/shop?name=a&name=b',
  '/shop?name=a&name=a',
  '/shop?name=&name',
  '/shop?tags=a&tags=b&name=a&%6eame=b',
  '/shop?next=a&next=b',
  '/shop/plain?next=a&next=b',
  '/api/openapi.json?token=a&token=b',
  '/login?next=/a&next=/a',
  '/settings/activity?before=a&before=b',
])('a repeated parameter returns 400: %s', async (path) => {
  const browser = await openShop()
  const { status, html, set } = await browser.get(path)
  expect([status, set]).toEqual([400, []])
  expect(html).toContain('Send each field only once.')
  expect((await browser.ask(path, { method: 'HEAD', headers: {} })).status).toBe(400)
})

test('a repeated form field returns 400', async () => {
  const browser = await openShop()
  for (const path of ['/shop', '/shop/both'])
    for (const repeated of ['name', 'next', 'token'])
      expect((await browser.post(path, pairs('name=x', `${repeated}=y`, `${repeated}=y`))).status).toBe(400)
})

test('a field that the route does not read may repeat, such as a campaign in a link', async () => {
  const browser = await openShop()
  for (const path of ['/', '/shop', '/shop/plain', '/login', '/probe'])
    expect([path, (await browser.get(`${path}?utm_source=a&utm_source=b`)).status]).toEqual([path, 200])
  expect((await browser.post('/shop', pairs('name=x', 'role=a', 'role=b'))).html).toBe('{"name":"x"}')
})

test('an unknown address stays 404, a wrong method 405, and a single field of each name works', async () => {
  const browser = await openShop()
  expect((await browser.get('/nowhere?a=1&a=2')).status).toBe(404)
  expect((await browser.post('/probe?a=1&a=2')).status).toBe(405)
  expect((await browser.get('/shop/plain?a=1&b=1&aa=1&A=1')).status).toBe(200)
})

test('a repeated name in a JSON body returns 400 in any spelling', async () => {
  const { program } = await annsProgram()
  const rename = async (json: string) => (await program('PATCH', '/api/me', json)).status
  for (const json of [
    '{"name":"Ann B.","name":"Ann C."}',
    '{"x":[{"name":1}],"name":"Ann B.","y":{},"name":null}',
    String.raw`{"name":"Ann B.","n\u0061me":"Ann C."}`,
  ])
    expect([json, await rename(json)]).toEqual([json, 400])
  expect((await program('GET', '/api/me')).json.name).toBe('Ann')
  const once = String.raw`{"x":{"name":"\"name\":1,{[","a":["name","name",{"name":1,"name":2}]},"y":{"name":1},"y":3,"name":"Ann \\"}`
  expect(await rename(once)).toBe(200)
})

test('a form with a repeated field is not saved for the login', async () => {
  const { annsBrowser, advance, deps } = await annLoggedIn()
  advance(minutes(5))
  expect(await annsBrowser.post('/profile', pairs('name=a', 'name=b'))).toMatchObject({ status: 400, set: [] })
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})
