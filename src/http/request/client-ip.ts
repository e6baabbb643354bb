import type { Config } from '@/config/env'
import { sourceFor } from '@/lib/ip-address'
import { stateOf } from './request-state'
import type { Server } from '@/http/types'

export const bindServer = (request: Request, server: Server | null) => {
  const state = stateOf(request)
  if (state.server === undefined) state.server = server
}

/** For a request that replaces another: it has the same connection. */
export const inheritServer = (request: Request, original: Request) =>
  bindServer(request, { requestIP: () => stateOf(original).server?.requestIP(original) ?? null })

/**
 * The IP of the client, or an empty text. Uses the entries of X-Forwarded-For of the trusted proxies only,
 * because a client can send the header, and each proxy appends the IP that it saw.
 */
export function clientIpOf({ trustProxy }: Pick<Config, 'trustProxy'>, request: Request) {
  const said = trustProxy > 0 ? (request.headers.get('x-forwarded-for')?.split(',') ?? []) : []
  const hops = [...said, stateOf(request).server?.requestIP(request)?.address ?? '']
  return withoutPort(hops.at(-1 - trustProxy)?.trim() ?? '')
}

/** Some proxies add a port, and brackets around IPv6. Without this all such clients would count as one source. */
const withoutPort = (hop: string) => hop.replace(/^(?:([\d.]+)|\[([^\]]*)\])(?::\d+)?$/, '$1$2')

export const sourceOf = (config: Pick<Config, 'trustProxy'>, request: Request) => sourceFor(clientIpOf(config, request))

/** A stream may be silent for longer than the idle timeout of the server. */
export const disableIdleTimeout = (request: Request) => stateOf(request).server?.timeout?.(request, 0)
