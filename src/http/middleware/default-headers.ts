import type { Config } from '@/config/env'
import { addBaseline } from '@/http/response/security-headers'

type Handle = (...parameters: never[]) => unknown

/** A response that `reply` did not make, such as one of a route without a guard, gets the security headers here. */
export const defaultHeaders = (config: Pick<Config, 'appUrl' | 'hsts'>) =>
  function wrap<T extends Handle>(handle: T) {
    return async (...parameters: Parameters<T>) => {
      const response = await handle(...parameters)
      if (response instanceof Response) addBaseline(config, response.headers)
      return response
    }
  }
