import { stateOf } from '@/http/request/request-state'
import { findRoute, type Route, type RouteSchema } from '@/http/request/route-table'
import { repeatedField } from '@/http/response/http-errors'

/** The core reads these without a schema. */
const CORE_FIELDS = ['next', 'token', 'page_user']

type Source = 'query' | 'form' | 'json'

/**
 * Rejects two values of a field that the route reads: the framework would use the last value, and a program in front may
 * use the first one. Other fields are ignored.
 */
export function checkRepeated(names: string[], source: Source, request: Request, routes: () => Route[]) {
  const seen = new Set<string>()
  const repeated = names.filter((name) => seen.size === seen.add(name).size)
  const route = repeated.length > 0 && findRoute(routes(), request)
  if (!route) return
  const schema = source === 'query' ? route.hooks.query : route.hooks.body
  const isRefused = (name: string) => {
    const kind = kindOf(schema, name)
    return kind === 'single' || (kind === 'list' && source === 'json') || CORE_FIELDS.includes(name)
  }
  if (repeated.some(isRefused)) throw repeatedField()
}

export function checkQuery(request: Request, routes: () => Route[]) {
  const { query } = stateOf(request)
  if (query.includes('&')) checkRepeated([...new URLSearchParams(query).keys()], 'query', request, routes)
}

function kindOf(schema: RouteSchema | string | undefined, name: string): 'single' | 'list' | undefined {
  if (schema === undefined || typeof schema === 'string') return undefined
  const kinds = (schema.anyOf ?? schema.allOf ?? []).map((part) => kindOf(part, name))
  const properties = new Map(Object.entries(schema.properties ?? {})) // a name may be `__proto__`
  const property = properties.get(name)
  if (property) kinds.push(isList(property) ? 'list' : 'single')
  return kinds.find((kind) => kind === 'list') ?? kinds.find((kind) => kind !== undefined)
}

const isList = ({ type, anyOf = [] }: RouteSchema): boolean => type === 'array' || anyOf.some(isList)
