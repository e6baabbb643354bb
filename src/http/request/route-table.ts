import { stateOf } from './request-state'

/** RFC 9110, section 9.2.1. */
export const isSafeMethod = ({ method }: Request) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

export type Route = { method: string; path: string; hooks: { detail?: { tags?: string[] } } }

const ALL_METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT']

/** The value of an Allow header; empty for an unknown path. OPTIONS works for every route. */
export function allowedMethods(routes: Route[], request: Request) {
  const methods = findRoutes(routes, request).flatMap(({ method }) => (method === 'ALL' ? ALL_METHODS : method))
  if (methods.length === 0) return ''
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted().join(', ')
}

export const findRoute = (routes: Route[], request: Request) =>
  findRoutes(routes, request).find(({ method }) => method === request.method || method === 'ALL')

function findRoutes(routes: Route[], request: Request) {
  const given = segmentsOf(stateOf(request).path)
  return routes.filter(({ path }) => fits(segmentsOf(path), given))
}

export const matchesPath = (pattern: string, path: string) => fits(segmentsOf(pattern), segmentsOf(path))

const segmentsOf = (path: string) => path.replace(/(?<=[^/])\/$/, '').split('/')

const fits = (wanted: string[], given: string[]) =>
  wanted.length === given.length &&
  wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
