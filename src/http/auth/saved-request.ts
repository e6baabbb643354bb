import {
  claimSavedRequest,
  createDraft,
  deleteClaimedRequest,
  isWaiting,
  KEPT_FOR,
  releaseClaimedRequest,
  type Draft,
} from '@/model/saved-requests/saved-requests'
import { isToken, issueToken } from '@/lib/random-token'
import type { User } from '@/model/types'
import { seconds } from '@/lib/duration'
import type { Deps } from '@/deps/deps'
import { isInPlace } from '@/http/request/client'
import { noteSameServer } from '@/http/request/client-ip'
import { shareCookies } from '@/http/request/cookies'
import type { Route } from '@/http/request/route-table'
import { queryOf } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import type { Cookies } from '@/http/types'

/** For the options of a route: what is sent to it is not kept when the session has ended. */
export const neverKept = { detail: { tags: ['never kept'] } }

/** Whether what is sent to a route may wait for a password. */
export const takesDrafts = (route: Route | undefined) =>
  route !== undefined && !route.hooks.detail?.tags?.some((tag) => neverKept.detail.tags.includes(tag))

/** Keeps what somebody sent when their session had ended, until they have typed their password. */
export async function keepDraft(deps: Deps, cookies: Cookies, request: Request, user: User, body: unknown) {
  if (request.method !== 'POST' || isInPlace(request)) return
  const secret = secretIn(cookies) ?? issueToken(deps).token
  const draft = { method: request.method, path: stateOf(request).path + queryOf(request), fields: fieldsOf(body) }
  if (await createDraft(deps, { user, secret }, draft)) cookies.set('saved', secret, KEPT_FOR / seconds(1))
}

/** What we gave out, and nothing that somebody planted: it becomes a key. */
export function secretIn(cookies: Cookies) {
  const secret = cookies.find('saved')
  return secret && isToken(secret) ? secret : undefined
}

/** A form as the list that it was: a name that came twice stands there twice. */
const fieldsOf = (body: unknown): Draft['fields'] =>
  Object.entries(body ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )

/** What lets the drafts of this browser be found, for this user. */
export function keeperOf(cookies: Cookies | undefined, user: User) {
  const secret = cookies && secretIn(cookies)
  return secret === undefined ? undefined : { user, secret }
}

/** Where to go after a login: first to what was on its way when the session ended. */
export async function wayOn(deps: Deps, cookies: Cookies | undefined, user: User, next: string) {
  const keeper = keeperOf(cookies, user)
  return keeper && (await isWaiting(deps, keeper)) ? '/resume' : next
}

/**
 * Carries out the saved request with this id, or the newest one. Undefined if there is none. After a response of 500 or
 * above nothing was done, so the request stays saved.
 */
export async function replaySavedRequest(
  deps: Deps,
  request: Request,
  key: { user: User; secret: string },
  id: string | undefined,
  handle: (request: Request) => Promise<Response>,
) {
  const claimed = await claimSavedRequest(deps, key, id)
  if (!claimed) return undefined
  const response = await handle(requestOf(request, claimed))
  await (response.status < 500 ? deleteClaimedRequest(deps, claimed) : releaseClaimedRequest(deps, claimed))
  return response
}

/** The saved request as if the browser sent it now, with its present cookies. All checks run again. */
function requestOf(request: Request, { method, path, fields }: Draft) {
  const headers = new Headers(request.headers)
  for (const name of ['content-length', 'transfer-encoding']) headers.delete(name) // of the other body
  headers.delete('x-session-user') // our script would send what it has, which is not this form: where it has to wait it is kept again
  headers.set('content-type', 'application/x-www-form-urlencoded')
  const again = new Request(`${new URL(path, request.url)}`, {
    method,
    headers,
    body: `${new URLSearchParams(fields)}`,
  })
  shareCookies(request, again)
  noteSameServer(again, request)
  return again
}
