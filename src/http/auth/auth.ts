import type { Deps } from '@/deps/deps'
import type { AuthEvent, EventKind } from '@/deps/events'
import type { User } from '@/model/types'
import { resolveCookies } from '@/http/request/cookies'
import { createCookieCheck } from './cookie-check'
import { createSessionStreams } from '@/http/sse/session-stream'
import { isFlashKey, flashMessages, type FlashKey } from '@/ui/flash-messages'
import { validateOptions } from './validate-options'
import type { FlashMessage } from '@/ui/flash-area'
import type { Auth } from '@/http/types/auth'
import type { AuthOptions, Listeners, LoginPaths } from '@/http/types/auth-options'

/** Throws an error with one line per invalid option. */
export function createAuth(outside: Deps, options: AuthOptions = {}): Auth {
  const { appUrl } = outside.config
  const cookies = resolveCookies(appUrl.startsWith('https:'), options.cookies)
  const places = resolveLoginPaths(options)
  const errors = validateOptions(options, Object.values(cookies.names), places.allLoginPaths, new URL(appUrl).hostname)
  if (errors.length > 0) throw new Error(errors.join('\n'))

  const deps: Deps = {
    ...outside,
    emit(event) {
      outside.emit(event)
      notifyListeners(options.on ?? {}, event, deps)
      streams.publish(event)
    },
  }
  const streams = createSessionStreams(() => deps)
  return {
    deps,
    streams,
    cookies,
    cookieCheck: createCookieCheck(deps),
    ...places,
    messages: resolveMessages(options),
    translate: options.translate ?? ((text: string) => text),
    protection: options.protection ?? outside.config.session.protection,
    fingerprint: options.fingerprint ?? ((request: Request) => request.headers.get('user-agent') ?? ''),
    rememberFor: options.rememberFor ?? outside.config.session.remember,
    passkeyUpgrade: options.passkeys?.upgrade ?? 'ask',
    findUser: options.findUser && checkedFindUser(options.findUser, deps),
    exportUserData: async (user: User) => options.exportUserData?.(user, deps),
    // `isAnonymous` is last, so that the app cannot override it.
    visitor: (request: Request) => ({ ...options.anonymousData?.(request), isAnonymous: true }),
    onUnauthenticated: options.onUnauthenticated,
    onReauthRequired: options.onReauthRequired,
  }
}

function notifyListeners<K extends EventKind>(listeners: Listeners, event: AuthEvent<K>, deps: Deps) {
  const listen: Listeners[K] = listeners[event.kind]
  if (!listen) return
  // The executor turns a synchronous exception of a listener into a rejection.
  new Promise((resolve) => resolve(listen(event, deps))).catch((error: unknown) =>
    deps.log.error({ err: error, kind: event.kind }, 'event listener failed'),
  )
}

/** `findUser` of the app. It may return no user, but never another one. */
const checkedFindUser =
  (find: NonNullable<AuthOptions['findUser']>, deps: Deps) =>
  async ({ id }: Pick<User, 'id'>) => {
    const user = await find(id, deps)
    if (user && user.id !== id) throw new Error('auth.findUser returned a different user')
    return user
  }

function resolveMessages(options: AuthOptions) {
  const decided: Record<FlashKey, FlashMessage | null> = { ...flashMessages }
  for (const [key, message] of Object.entries(options.messages ?? {}))
    if (message !== undefined && isFlashKey(key)) decided[key] = message
  return decided
}

function resolveLoginPaths({ loginPath = '/login', reloginPath = '/relogin', pathGroups = {} }: AuthOptions) {
  const site: LoginPaths = { loginPath, reloginPath }
  const places = Object.entries(pathGroups)
    .map(([prefix, group]) => ({
      prefix,
      loginPath: group.loginPath === undefined ? loginPath : group.loginPath,
      reloginPath: group.reloginPath === undefined ? reloginPath : group.reloginPath,
    }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length) // the longest prefix counts
  return {
    /** The login paths for this path. */
    loginPathsFor: (path: string): LoginPaths => places.find(({ prefix }) => isBelow(path, prefix)) ?? site,
    /** No login redirects to these. */
    allLoginPaths: [site, ...places]
      .flatMap(({ loginPath, reloginPath }) => [loginPath, reloginPath])
      .flatMap((path) => path?.split('?')[0] ?? []),
  }
}

const isBelow = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`)
