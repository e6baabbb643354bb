import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { scopes } from '@/model/users/roles'
import { annsProgram, fits, follow, readOpenApi, type JsonSchema, type OpenApi, type Operation } from '../support/api'
import { openSite } from '../support/site'

/** The documentation routes are not operations. */
const DESCRIPTION = ['/api/openapi.json', '/api/docs']

const operationsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  )

const everything = (value: unknown): Record<string, unknown>[] =>
  typeof value !== 'object' || value === null
    ? []
    : [{ ...value }, ...Object.values(value).flatMap((inner) => everything(inner))]

test('the document describes every route of the API and no other', async () => {
  const site = await openSite()
  const routes = site.app.routes
    .map(({ method, path }) => ({ method, path: path.replace(/:(\w+)/g, '{$1}') }))
    .filter(({ path }) => path.startsWith('/api') && !DESCRIPTION.includes(path))
  const described = operationsOf(await readOpenApi(site)).map(({ method, path }) => ({ method, path }))
  const inOrder = (all: typeof routes) => all.map(({ method, path }) => `${method} ${path}`).toSorted()
  expect(inOrder(described)).toEqual(inOrder(routes))
  expect(described.length).toBeGreaterThan(6)
})

test('the document is identical before and after its operations are used', async () => {
  const { program, browser } = await annsProgram()
  const read = async () => (await browser().get('/api/openapi.json')).html
  const before = await read()
  expect(before).not.toContain('additionalProperties')
  await program('PATCH', '/api/me', { name: 'Ann B.', x: 1 })
  expect(await read()).toBe(before)
})

test('the document is public OpenAPI 3.1 with the URL of the site', async () => {
  const site = await openSite({ APP_URL: 'https://app.test' })
  const { status, headers, html, set } = await site.browser().get('/api/openapi.json', { host: 'app.test' })
  expect([status, headers.get('content-type'), set]).toEqual([200, 'application/json; charset=utf-8', []])
  expect(JSON.parse(html)).toMatchObject({
    openapi: '3.1.0',
    info: { title: branding.name, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    servers: [{ url: 'https://app.test' }],
    components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-session' } } },
  })
})

test('references resolve, operation ids are unique, and every path parameter is declared', async () => {
  const document = await readOpenApi(await openSite())
  const refs = everything(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
  const named = refs.map((ref) => follow(document, ref))
  expect(new Set(named).size).toBe(Object.keys(document.components.schemas).length)
  const operations = operationsOf(document)
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { path, parameters = [] } of operations)
    expect(parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual(
      [...path.matchAll(/{(\w+)}/g)].map(([, name = '']) => [name, 'path', true]),
    )
  for (const { responses } of operations)
    expect(Object.values(responses).every(({ description }) => description.length > 4)).toBe(true)
  for (const schemes of operations.flatMap(({ security }) => security))
    for (const name of Object.keys(schemes)) expect(Object.keys(document.components.securitySchemes)).toContain(name)
})

test('every field has a type, a description and a valid example', async () => {
  const document = await readOpenApi(await openSite())
  const schemas: JsonSchema[] = everything(document.components.schemas)
  const fields = schemas.flatMap(({ properties = {} }) => Object.values(properties))
  expect(fields.length).toBeGreaterThan(20)
  for (const field of fields) expect(field).toMatchObject({ description: expect.stringMatching(/[.]$/) })
  const examples = schemas.flatMap((schema) => (schema.examples ?? []).map((example) => ({ schema, example })))
  expect(examples.length).toBeGreaterThan(20)
  for (const { schema, example } of examples)
    expect([example, fits(document, schema, example)]).toEqual([example, true])
})

/** A request that succeeds once; the id names an existing row. */
const sent = ({ path, requestBody }: { path: string } & Operation, ids: Record<string, string>) => ({
  path: path.replace(/[^/]+\/{id}$/, (rest) => rest.replace('{id}', ids[rest.split('/')[0] ?? ''] ?? '')),
  body: requestBody && { name: 'Ann B.' },
})

test('each operation behaves as described: access, response and errors', async () => {
  for (const wanted of operationsOf(await readOpenApi(await openSite()))) {
    const { method, security, responses } = wanted
    const [named] = security.map(({ token }) => token)
    const granted = scopes.filter((scope) => named?.includes(scope))
    const site = await annsProgram()
    const strong = await annsProgram({ granted })
    const weak = await annsProgram({ granted: scopes.filter((scope) => !granted.includes(scope)) })
    const [session] = (await strong.page('GET', '/api/sessions')).json.sessions
    const { path, body } = sent(wanted, { sessions: session.id, tokens: strong.token.id })

    const statuses = [
      (await strong.program(method, path, body)).status,
      (await weak.program(method, path, body)).status,
      (await site.browser().ask(path, { method, headers: {} })).status,
    ]
    const done = responses['204'] ? 204 : 200
    const isOpen = named === undefined
    expect([method, path, ...statuses]).toEqual([method, path, done, ...(isOpen ? [200, 200] : [403, 401])])
    expect(granted).toHaveLength(isOpen ? 0 : 1)
    expect(['401', '403'].every((status) => status in responses)).toBe(!isOpen)
    expect('404' in responses).toBe(path !== wanted.path)
    expect(['400', '413', '415', '422'].every((status) => status in responses)).toBe(body !== undefined)
  }
})

test('the document describes a token in the query only if it is enabled', async () => {
  const isDescribed = async (env: Record<string, string>) => {
    const { components, paths } = await readOpenApi(await openSite(env))
    const ways = paths['/api/me']?.get?.security.flatMap((way) => Object.keys(way))
    return [components.securitySchemes.tokenInQuery?.name, ways]
  }
  expect(await isDescribed({})).toEqual([undefined, ['token', 'session']])
  expect(await isDescribed({ API_TOKEN_IN_QUERY: 'on' })).toEqual(['token', ['token', 'tokenInQuery', 'session']])
})
