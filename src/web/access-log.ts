import type { Deps } from '@/deps'
import { pathOf } from './paths'

type Handle = (...parameters: never[]) => unknown

const MAX_PATH = 256 // a hostile one may be as long as a header can be

/** One line a request: what was asked and how it ended. No query, no cookie, no address: they may hold secrets, or people. */
export const logRequests = ({ now, log }: Pick<Deps, 'now' | 'log'>) =>
  function wrap<T extends Handle>(handle: T, request: Request) {
    const began = now()
    return async (...parameters: Parameters<T>) => {
      const response = await handle(...parameters)
      const status = response instanceof Response ? response.status : undefined
      log.info(
        { method: request.method, path: pathOf(request).slice(0, MAX_PATH), status, ms: now() - began },
        'request',
      )
      return response
    }
  }
