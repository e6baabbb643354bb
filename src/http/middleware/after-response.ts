import type { Deps } from '@/deps/deps'
import { addBaseline } from '@/http/response/security-headers'
import { createRequestLog } from './request-log'

type Handle = (...parameters: never[]) => unknown

/**
 * Adds the security headers to a response that `reply` did not make, such as one of a route without a guard, and logs the
 * request. Both happen in one wrapper, because each wrapper costs every request an asynchronous call.
 */
export function afterResponse({ config, now, log }: Pick<Deps, 'config' | 'now' | 'log'>) {
  const logRequest = createRequestLog({ now, log })
  return function wrap<T extends Handle>(handle: T, request: Request) {
    const began = now()
    return async (...parameters: Parameters<T>) => {
      const response = await handle(...parameters)
      const isResponse = response instanceof Response
      if (isResponse) addBaseline(config, response.headers)
      logRequest(request, isResponse ? response.status : undefined, began)
      return response
    }
  }
}
