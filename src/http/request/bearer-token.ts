import type { Config } from '@/config/env'
import { queryOf } from './path'
import { stateOf } from './request-state'

/**
 * The API token of a request: undefined without one, otherwise a text that may be invalid. Clients send it as
 * `Authorization: Bearer <token>`, as the whole header value, or in the query if that is enabled and the header absent.
 */
export function bearerTokenOf(request: Request, { apiTokenInQuery }: Pick<Config, 'apiTokenInQuery'>) {
  if (!stateOf(request).isApi) return undefined
  const header = request.headers.get('authorization')
  if (header !== null) return header.startsWith('Bearer ') ? header.slice('Bearer '.length) : header
  if (!apiTokenInQuery) return undefined
  const query = queryOf(request) // not parsed as a URL, because the error for an invalid URL would log the token
  const [token, ...others] = new URLSearchParams(query).getAll('token')
  return others.length > 0 ? '' : token // two tokens are ambiguous
}
