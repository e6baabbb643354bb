import type { Config } from '@/config/env'
import { normalizeIp, sourceFor } from '@/lib/ip-address'
import { stateOf } from './request-state'
import type { Server } from '@/http/types/request-state'

export const bindServer = (request: Request, server: Server | null) => {
  const state = stateOf(request)
  if (state.server === undefined) state.server = server
}

/** For a request that replaces another: it has the same connection. */
export const inheritServer = (request: Request, original: Request) =>
  bindServer(request, { requestIP: () => stateOf(original).server?.requestIP(original) ?? null })

/**
 * The IP of the client, or an empty text. Each proxy appends the IP that it saw, and a client can send the header itself, so
 * only the entry of the outermost trusted proxy counts. Without a valid one, it is the IP of the connection.
 */
export function clientIpOf({ trustProxy }: Pick<Config, 'trustProxy'>, request: Request) {
  const entries = trustProxy > 0 ? request.headers.get('x-forwarded-for')?.split(',') : undefined
  const forwarded = withoutPort(entries?.at(-trustProxy)?.trim() ?? '')
  return normalizeIp(forwarded) === '' ? (stateOf(request).server?.requestIP(request)?.address ?? '') : forwarded
}

/** Some proxies add a port, brackets around IPv6 or quotes. Without this all such clients would count as one source. */
const withoutPort = (entry: string) =>
  entry.replace(/^"(.*)"$/, '$1').replace(/^(?:([\d.]+)|\[([^\]]*)\])(?::\d+)?$/, '$1$2')

export const sourceOf = (config: Pick<Config, 'trustProxy'>, request: Request) => sourceFor(clientIpOf(config, request))

/** A stream may be silent for longer than the idle timeout of the server. */
export const disableIdleTimeout = (request: Request) => stateOf(request).server?.timeout?.(request, 0)
