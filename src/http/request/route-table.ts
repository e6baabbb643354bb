import { stateOf } from './request-state'

/** RFC 9110, section 9.2.1. */
export const isSafeMethod = ({ method }: Request) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

export type RouteSchema = {
  type?: unknown
  properties?: Record<string, RouteSchema>
  anyOf?: RouteSchema[]
  allOf?: RouteSchema[]
}

export type Route = {
  method: string
  path: string
  hooks: {
    detail?: { tags?: string[] }
    /** A text is the name of a model. */
    body?: RouteSchema | string
    query?: RouteSchema | string
  }
}

const ALL_METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT']

/** The value of an Allow header; empty for an unknown path. OPTIONS works for every route. */
export function allowedMethods(routes: Route[], request: Request) {
  const methods = findRoutes(routes, request).flatMap(({ method }) => (method === 'ALL' ? ALL_METHODS : method))
  if (methods.length === 0) return ''
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted().join(', ')
}

export const findRoute = (routes: Route[], request: Request) =>
  findRoutes(routes, request).find(({ method }) => answers(method, request.method))

const answers = (method: string, asked: string) =>
  method === asked || method === 'ALL' || (method === 'GET' && asked === 'HEAD')

function findRoutes(routes: Route[], request: Request) {
  const given = segmentsOf(stateOf(request).path)
  return routes.filter(({ path }) => fits(segmentsOf(path), given))
}

export const matchesPath = (pattern: string, path: string) => fits(segmentsOf(pattern), segmentsOf(path))

const segmentsOf = (path: string) => path.replace(/(?<=[^/])\/$/, '').split('/')

const fits = (wanted: string[], given: string[]) =>
  wanted.length === given.length &&
  wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
