import { stateOf } from '@/http/request/request-state'
import { notFound } from '@/http/response/http-errors'

/**
 * Options of the router for the host of APP_URL. Elysia searches the path from character 11 of the URL, so a host of up
 * to three characters needs `standardHostname: false`, with which it searches from character 7.
 */
export const routerOptions = (appUrl: string) => ({ standardHostname: new URL(appUrl).host.length > 3 })

/** What Elysia gives to `onRequest`. Its type lacks the path, by which it routes. */
export type RouterContext = { request: Request; path?: unknown }

/** Denies a request for which the router found another path than the checks and the guards. */
export function checkRouterPath({ request, path }: RouterContext) {
  if (path !== stateOf(request).path) throw notFound()
}
