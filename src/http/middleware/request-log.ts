import type { Deps } from '@/deps/deps'
import { loggablePath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'

type Handle = (...parameters: never[]) => unknown

/** One line per request, without query, cookies and IP, because they may contain secrets or personal data. */
export const logRequests = ({ now, log }: Pick<Deps, 'now' | 'log'>) =>
  function wrap<T extends Handle>(handle: T, request: Request) {
    const began = now()
    return async (...parameters: Parameters<T>) => {
      const response = await handle(...parameters)
      const status = response instanceof Response ? response.status : undefined
      log.info(
        { method: request.method, path: loggablePath(stateOf(request).path), status, ms: now() - began },
        'request',
      )
      return response
    }
  }
