import { stateOf } from './request-state'

/** What changes nothing (RFC 9110, section 9.2.1). */
export const isSafeMethod = ({ method }: Request) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

export type Route = { method: string; path: string; hooks: { detail?: { tags?: string[] } } }

const ALL_METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT']

/** What a path answers, as an Allow header says it; empty for an unknown path. OPTIONS is answered wherever there is a route. */
export function allowedMethods(routes: Route[], request: Request) {
  const methods = findRoutes(routes, request).flatMap(({ method }) => (method === 'ALL' ? ALL_METHODS : method))
  if (methods.length === 0) return ''
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted().join(', ')
}

/** The route that this request is for, if there is one. */
export const findRoute = (routes: Route[], request: Request) =>
  findRoutes(routes, request).find(({ method }) => method === request.method || method === 'ALL')

function findRoutes(routes: Route[], request: Request) {
  const given = segmentsOf(stateOf(request).path)
  return routes.filter(({ path }) => fits(segmentsOf(path), given))
}

/** Whether a route with this path is what answers there. */
export const matchesPath = (pattern: string, path: string) => fits(segmentsOf(pattern), segmentsOf(path))

const segmentsOf = (path: string) => path.replace(/(?<=[^/])\/$/, '').split('/')

const fits = (wanted: string[], given: string[]) =>
  wanted.length === given.length &&
  wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
