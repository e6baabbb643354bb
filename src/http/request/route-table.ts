import { stateOf } from './request-state'

/** What changes nothing (RFC 9110, section 9.2.1). */
export const isSafe = ({ method }: Request) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

export type Route = { method: string; path: string; hooks: { detail?: { tags?: string[] } } }

const ALL = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT']

/** What a path answers, as an Allow header says it; empty for an unknown path. OPTIONS is answered wherever there is a route. */
export function methodsAt(routes: Route[], request: Request) {
  const methods = routesAt(routes, request).flatMap(({ method }) => (method === 'ALL' ? ALL : method))
  if (methods.length === 0) return ''
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted().join(', ')
}

/** The route that this request is for, if there is one. */
export const routeAt = (routes: Route[], request: Request) =>
  routesAt(routes, request).find(({ method }) => method === request.method || method === 'ALL')

function routesAt(routes: Route[], request: Request) {
  const given = segmentsOf(stateOf(request).path)
  return routes.filter(({ path }) => fits(segmentsOf(path), given))
}

/** Whether a route with this path is what answers there. */
export const isAt = (pattern: string, path: string) => fits(segmentsOf(pattern), segmentsOf(path))

const segmentsOf = (path: string) => path.replace(/(?<=[^/])\/$/, '').split('/')

const fits = (wanted: string[], given: string[]) =>
  wanted.length === given.length &&
  wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
