import type { Config } from '@/config'
import { isApi, pathOf } from './paths'

/**
 * What a request brings as an API token: undefined where it brings none, or a text that may be nonsense. It comes as
 * `Authorization: Bearer <token>`, as that header's whole value, or in the query, where that is on and the header absent.
 */
export function tokenIn(request: Request, { apiTokenInQuery }: Pick<Config, 'apiTokenInQuery'>) {
  if (!isApi(pathOf(request))) return undefined
  const header = request.headers.get('authorization')
  if (header !== null) return header.startsWith('Bearer ') ? header.slice('Bearer '.length) : header
  if (!apiTokenInQuery) return undefined
  const [token, ...others] = new URL(request.url).searchParams.getAll('token')
  return others.length > 0 ? '' : token // of two nobody knows which is meant
}
