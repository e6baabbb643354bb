import type { Config } from '@/config/env'
import { sourceFor } from '@/lib/ip-address'
import { stateOf } from './request-state'
import type { Server } from '@/http/types'

/** Remembers by which server a request came, for whoever asks later. No server knows of one that we made ourselves. */
export const bindServer = (request: Request, server: Server | null) => {
  const state = stateOf(request)
  if (state.server === undefined) state.server = server
}

/** The second request is made by us in the place of the first: it comes from where that came from. */
export const inheritServer = (request: Request, original: Request) =>
  bindServer(request, { requestIP: () => stateOf(original).server?.requestIP(original) ?? null })

/**
 * The address that a request came from, or an empty text. Only so many proxies in front are believed in what they say of
 * it: anybody can write the header, and each proxy adds the address that it saw at the end.
 */
export function clientIpOf({ trustProxy }: Pick<Config, 'trustProxy'>, request: Request) {
  const said = trustProxy > 0 ? (request.headers.get('x-forwarded-for')?.split(',') ?? []) : []
  const hops = [...said, stateOf(request).server?.requestIP(request)?.address ?? '']
  return withoutPort(hops.at(-1 - trustProxy)?.trim() ?? '')
}

/** Some proxies write the port along, and IPv6 in brackets: as it stands that is no address, and all would count as one. */
const withoutPort = (hop: string) => hop.replace(/^(?:([\d.]+)|\[([^\]]*)\])(?::\d+)?$/, '$1$2')

/** Where a request comes from, as it is counted; empty where nobody knows. */
export const sourceOf = (config: Pick<Config, 'trustProxy'>, request: Request) => sourceFor(clientIpOf(config, request))

/** Lifts the idle limit of this request's connection: a stream may be silent for longer. */
export const disableIdleTimeout = (request: Request) => stateOf(request).server?.timeout?.(request, 0)
