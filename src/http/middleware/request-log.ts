import type { Deps } from '@/deps/deps'
import { loggablePath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'

/** One line per request, without query, cookies and IP, because they may contain secrets or personal data. */
export const createRequestLog =
  ({ now, log }: Pick<Deps, 'now' | 'log'>) =>
  (request: Request, status: number | undefined, began: number) =>
    log.info(
      { method: request.method, path: loggablePath(stateOf(request).path), status, ms: now() - began },
      'request',
    )
