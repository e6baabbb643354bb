import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { isUserActivity } from '@/http/request/client'
import { sourceOf } from '@/http/request/client-ip'
import { stateOf } from '@/http/request/request-state'
import type { CookieCheck } from '@/http/types/auth'

const CHECK_WINDOW = minutes(1)
const MAX_CHECKS = 1000

type Check = { path: string; token: string; expiresAt: number; isMissing: boolean }

/**
 * In the memory of this process: a browser without cookies can keep nothing, and a mark in the URL would stay in its history
 * and in bookmarks. If another process gets the next request, the user only sees the login page without the message.
 */
export function createCookieCheck({ now, config }: Pick<Deps, 'now' | 'config'>): CookieCheck {
  const checks = new Map<string, Check>()

  /** Browsers of one network can be equal. The token and the path of the login tell them apart. */
  const keyOf = (request: Request) => `${sourceOf(config, request)} ${request.headers.get('user-agent')}`

  function find(request: Request) {
    if (checks.size === 0) return undefined
    const check = checks.get(keyOf(request))
    return check && check.expiresAt > now() ? check : undefined
  }

  return {
    start(request, path, token) {
      if (hasCookies(request)) return
      const [oldest] = checks.keys()
      if (checks.size >= MAX_CHECKS && oldest !== undefined) checks.delete(oldest)
      checks.set(keyOf(request), { path, token, expiresAt: now() + CHECK_WINDOW, isMissing: false })
    },
    observe(request, token) {
      const check = find(request)
      if (!check) return
      const { path, query } = stateOf(request)
      if (check.token === token) checks.delete(keyOf(request))
      else if (check.path === path + query && isMissing(request)) check.isMissing = true
    },
    hasFailed: (request) => isMissing(request) && find(request)?.isMissing === true,
    end: (request) => void checks.delete(keyOf(request)),
  }
}

const hasCookies = ({ headers }: Request) => headers.has('cookie')

const isMissing = (request: Request) => request.method === 'GET' && !hasCookies(request) && isUserActivity(request)
