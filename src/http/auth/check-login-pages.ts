import { allowAnyone, requireGuest, requireReloginPending } from './authorize'
import type { AuthOptions } from '@/http/types/auth-options'
import { authorizerOf, type GuardedRoute } from './guards'
import { matchesPath } from '@/http/request/route-table'

type LoginPage = { kind: 'login' | 'relogin'; name: string; path: string }

/** Any other guard would redirect its visitors to the page again, endlessly. */
const requiredAccess = {
  login: { who: 'visitors', by: [allowAnyone, requireGuest] },
  relogin: { who: 'users who must enter their password again', by: [allowAnyone, requireReloginPending] },
} satisfies Record<LoginPage['kind'], { who: string; by: object[] }>

export function validateLoginPages(options: AuthOptions, routes: GuardedRoute[]) {
  const shared = sharedPages(loginPagesOf(options))
  return shared.length > 0 ? shared : validateLoginRoutes(routes, options)
}

const sharedPages = (pages: LoginPage[]) =>
  pages
    .filter(({ kind }) => kind === 'login')
    .flatMap((login) =>
      pages
        .filter(({ kind, path }) => kind === 'relogin' && matchesPath(path, login.path))
        .map(({ name }) => `${login.name} should be another page than ${name}: both are ${login.path}.`),
    )

/** Each page exists, and its guard allows the users who are redirected to it. */
const validateLoginRoutes = (routes: GuardedRoute[], options: AuthOptions) =>
  loginPagesOf(options).flatMap(({ kind, name, path }) => {
    const route = routes.find((route) => route.method === 'GET' && matchesPath(route.path, path))
    if (!route) return `${name} should be a page of this site, but ${path} does not exist.`
    const authorizer = authorizerOf(route)
    const { who, by } = requiredAccess[kind]
    return authorizer === undefined || by.some((one) => one === authorizer)
      ? []
      : `${name} should be a page for ${who}, but ${path} denies them.`
  })

function loginPagesOf({ loginPath = '/login', reloginPath = '/relogin', pathGroups = {} }: AuthOptions): LoginPage[] {
  const inGroups = Object.entries(pathGroups).map(([prefix, place]) => [`auth.pathGroups.${prefix}`, place] as const)
  return [['auth', { loginPath, reloginPath }] as const, ...inGroups].flatMap(([name, place]) => [
    ...page('login', `${name}.loginPath`, place.loginPath),
    ...page('relogin', `${name}.reloginPath`, place.reloginPath),
  ])
}

const page = (kind: LoginPage['kind'], name: string, path: string | null | undefined): LoginPage[] =>
  path ? [{ kind, name, path: path.replace(/\?.*/, '') }] : []
