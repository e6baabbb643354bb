import type { Auth } from '@/http/types/auth'
import { operations, type Operation } from './operations'
import { schemas } from './schemas'

const VERSION = '1.0.0' // version of the API, independent of the program

export const problems = {
  400: 'The body is not JSON, or a field is repeated.',
  401: 'No credentials, or an invalid, expired or revoked token, or an ended session.',
  403: 'The token lacks the scope, or the request came from another website.',
  404: 'Not found, or not yours.',
  413: 'The body is larger than 64 KiB.',
  415: 'The body is neither JSON nor a form.',
  422: 'A field is missing or invalid. See errors.',
} as const

export const problemsOf = ({ scope, id, body }: Operation): (keyof typeof problems)[] => [
  ...(body ? ([400] as const) : []),
  ...(scope ? ([401, 403] as const) : []),
  ...(id ? ([404] as const) : []),
  ...(body ? ([413, 415, 422] as const) : []),
]

export function describeApi({ deps: { config }, cookies }: Auth) {
  const { appUrl, apiTokenInQuery, branding } = config
  const byQuery = { type: 'apiKey', in: 'query', name: 'token', description: 'Only without an Authorization header.' }
  const document = {
    openapi: '3.1.0',
    info: {
      title: branding.name,
      version: VERSION,
      description: `Access to your own account for programs. Tokens and authentication: ${appUrl}/api/docs`,
    },
    servers: [{ url: appUrl }],
    paths: pathsOf(Object.entries(operations), apiTokenInQuery),
    components: {
      // Copies, because `withReferences` replaces the originals by references.
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...schema }])),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: `${branding.tokenPrefix} and 57 digits and small letters`,
          description: 'An API token. It may also be the whole value of the Authorization header, without Bearer.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookies.names.session,
          description: 'The session of a browser. Requests that change data must come from a page of this site.',
        },
        ...(apiTokenInQuery ? { tokenInQuery: byQuery } : {}),
      },
    },
  }
  return JSON.parse(JSON.stringify(document, withReferences))
}

const names = new Map<unknown, string>(Object.entries(schemas).map(([name, schema]) => [schema, name]))

function withReferences(key: string, value: unknown) {
  if (key === 'additionalProperties') return undefined // set by the framework at the first request; the API ignores additional properties
  return names.has(value) ? { $ref: `#/components/schemas/${names.get(value)}` } : value
}

function pathsOf(all: [id: string, operation: Operation][], apiTokenInQuery: boolean) {
  const byPath = Map.groupBy(all, ([, { path }]) => path)
  const described = [...byPath].map(([path, methods]) => [
    path,
    Object.fromEntries(
      methods.map(([id, operation]) => [
        operation.method.toLowerCase(),
        { operationId: id, ...describe(operation, apiTokenInQuery) },
      ]),
    ),
  ])
  return Object.fromEntries(described)
}

function describe(operation: Operation, apiTokenInQuery: boolean) {
  const { summary, scope, id, body, answer } = operation
  const byToken = apiTokenInQuery ? [{ token: [scope] }, { tokenInQuery: [scope] }] : [{ token: [scope] }]
  return {
    summary,
    security: scope ? [...byToken, { session: [] }] : [],
    parameters: id
      ? [{ name: 'id', in: 'path', required: true, description: id, schema: { type: 'string' } }]
      : undefined,
    requestBody: body && {
      required: true,
      content: { 'application/json': { schema: body }, 'application/x-www-form-urlencoded': { schema: body } },
    },
    responses: {
      ...(answer
        ? { 200: { description: 'Done.', content: { 'application/json': { schema: answer } } } }
        : { 204: { description: 'Done. The response has no body.' } }),
      ...Object.fromEntries(problemsOf(operation).map((status) => [status, problem(problems[status])])),
      default: problem('Any other error, for example 421 (unknown host) or 500 (server error).'),
    },
  }
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: schemas.Problem } },
})
