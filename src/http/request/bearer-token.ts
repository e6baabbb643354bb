import type { Config } from '@/config/env'
import { stateOf } from './request-state'

type TokenConfig = Pick<Config, 'apiTokenInQuery' | 'branding'>

/**
 * The API token of a request: undefined without one, otherwise a text that may be invalid. Clients send it as
 * `Authorization: Bearer <token>`, as the whole header value, or in the query if that is enabled and the header absent.
 */
export function bearerTokenOf(request: Request, { apiTokenInQuery, branding }: TokenConfig) {
  const { isApi, query } = stateOf(request)
  if (!isApi) return undefined
  const header = request.headers.get('authorization')
  if (header !== null) return tokenInHeader(header, branding.tokenPrefix)
  if (!apiTokenInQuery) return undefined
  // The URL is not parsed, because the error for an invalid URL would log the token.
  const [token, ...others] = new URLSearchParams(query).getAll('token')
  return others.length > 0 ? '' : token // two tokens are ambiguous
}

/**
 * Other schemes, such as `Basic` for a proxy, contain no API token. A second header is joined with a comma; a token beside
 * other credentials is ambiguous, so the whole value counts as an invalid token.
 */
function tokenInHeader(header: string, prefix: string) {
  const isToken = (credentials: string) => /^bearer/i.test(credentials) || credentials.startsWith(prefix)
  if (!header.split(',').some((credentials) => isToken(credentials.trim()))) return undefined
  return header.replace(/^bearer +/i, '') // RFC 9110, section 11.4
}
