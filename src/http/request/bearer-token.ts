import type { Config } from '@/config/env'
import { queryOf } from './path'
import { stateOf } from './request-state'

/**
 * What a request brings as an API token: undefined where it brings none, or a text that may be nonsense. It comes as
 * `Authorization: Bearer <token>`, as that header's whole value, or in the query, where that is on and the header absent.
 */
export function bearerTokenOf(request: Request, { apiTokenInQuery }: Pick<Config, 'apiTokenInQuery'>) {
  if (!stateOf(request).isApi) return undefined
  const header = request.headers.get('authorization')
  if (header !== null) return header.startsWith('Bearer ') ? header.slice('Bearer '.length) : header
  if (!apiTokenInQuery) return undefined
  const query = queryOf(request) // not parsed as a URL: one that is none would end in the log, with the token
  const [token, ...others] = new URLSearchParams(query).getAll('token')
  return others.length > 0 ? '' : token // of two nobody knows which is meant
}
