import { expect } from 'bun:test'
import { getSchemaValidator, t, type TSchema } from 'elysia'
import { days } from '@/lib/duration'
import { scopes, type Scope } from '@/model/users/roles'
import type { Answer, Browser } from './browser'
import { annLoggedIn } from './people'
import type { Site } from './site'
import { makeToken } from './tokens'

type Texts = Record<string, string>
type Content = Record<string, { schema: JsonSchema }>
export type Operation = {
  operationId: string
  security: Record<string, string[]>[]
  parameters?: { name: string; in: string; required: boolean }[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}
export type JsonSchema = {
  $ref?: string
  type?: string
  enum?: string[]
  format?: string
  anyOf?: JsonSchema[]
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  patternProperties?: Record<string, JsonSchema>
  required?: string[]
  examples?: unknown[]
}
export type OpenApi = {
  openapi: string
  info: Texts
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, Texts> }
}

export const readOpenApi = async (site: Pick<Site, 'browser'>): Promise<OpenApi> =>
  JSON.parse((await site.browser().get('/api/openapi.json')).html)

export function follow(document: OpenApi, ref: string) {
  const found = document.components.schemas[ref.replace('#/components/schemas/', '')]
  if (!found) throw new Error(`${ref} leads nowhere`)
  return found
}

/** The schemas of the document as checks. Stricter than the document: undeclared fields are errors. */
function toCheck(document: OpenApi, schema: JsonSchema): TSchema {
  const { $ref, anyOf, items, properties, patternProperties, required = [], type, format } = schema
  const inner = (one: JsonSchema) => toCheck(document, one)
  if ($ref) return inner(follow(document, $ref))
  if (anyOf) return t.Union(anyOf.map(inner))
  if (schema.enum) return t.Union(schema.enum.map((one) => t.Literal(one)))
  if (items) return t.Array(inner(items))
  if (patternProperties) return t.Record(t.String(), t.String())
  if (properties) {
    const fields = Object.entries(properties).map(([name, one]) => [
      name,
      required.includes(name) ? inner(one) : t.Optional(inner(one)),
    ])
    return t.Object(Object.fromEntries(fields), { additionalProperties: false })
  }
  const plain = {
    string: t.String({ format }),
    boolean: t.Boolean(),
    integer: t.Number({ multipleOf: 1 }),
    number: t.Number(),
    null: t.Null(),
  }
  return plain[type as keyof typeof plain]
}

export const fits = (document: OpenApi, schema: JsonSchema, value: unknown) =>
  getSchemaValidator(toCheck(document, schema), { normalize: false, coerce: false }).Check(value)

/** Statuses that every operation may return; the document covers them with `default`. */
const UNEXPECTED = new Set([400, 404, 405, 413, 415, 421, 500])

/** Checks every API response of every test against the document. */
async function expectDescribed(site: Pick<Site, 'browser'>, method: string, path: string, answer: Answer) {
  const { status, headers, html } = answer
  const document = await readOpenApi(site)
  const isAt = (pattern: string) => new RegExp(`^${pattern.replace('{id}', '[^/]+')}$`).test(path.split('?')[0] ?? '')
  const known = Object.entries(document.paths).find(([pattern]) => isAt(pattern))?.[1]
  const responses = known?.[method.toLowerCase()]?.responses ?? known?.['get']?.responses
  const described = responses?.[status] ?? (UNEXPECTED.has(status) ? responses?.default : undefined)
  if (!described) return expect([known, status]).toEqual([undefined, 404])
  const [[type, content] = []] = Object.entries(described.content ?? {})
  if (!content) return expect([html, headers.get('content-type')]).toEqual(['', null])
  expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`)
  expect([html, fits(document, content.schema, JSON.parse(html))]).toEqual([html, true])
}

/** Sends API requests from this browser with additional headers. A body that is not text is sent as JSON. */
export const apiOf =
  (site: Pick<Site, 'browser'>, browser: Browser, sent: Texts = {}) =>
  async (method: string, path: string, body?: unknown, more: Texts = {}) => {
    const type: Texts = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await browser.ask(path, { method, body: text, headers: { ...type, ...sent, ...more } })
    await expectDescribed(site, method, path, answer)
    return { ...answer, json: answer.html === '' ? undefined : JSON.parse(answer.html) }
  }

const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

/** Ann with a page that uses the API, and with a program that has a token. */
export async function annsProgram({ env, granted = scopes }: { env?: Texts; granted?: readonly Scope[] } = {}) {
  const site = await annLoggedIn(env)
  const created = await makeToken(site.deps, site.users.ann, {
    name: 'Nightly backup',
    scopes: granted,
    lifetime: days(90),
  })
  const bearer = { authorization: `Bearer ${created.text}` }
  return {
    ...site,
    ...created,
    page: apiOf(site, site.annsBrowser, SAME_ORIGIN),
    program: apiOf(site, site.browser(), bearer),
    /** Eve's program with a valid token. */
    evesProgram: async () => {
      const eves = await makeToken(site.deps, site.users.eve, { name: 'x', scopes, lifetime: days(90) })
      return apiOf(site, site.browser(), { authorization: `Bearer ${eves.text}` })
    },
  }
}
