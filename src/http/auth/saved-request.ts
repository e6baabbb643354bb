import {
  claimSavedRequest,
  deleteClaimedRequest,
  hasSavedRequest,
  releaseClaimedRequest,
  saveRequest,
  SAVED_REQUEST_LIFETIME,
  type SavedRequest,
} from '@/model/saved-requests/saved-requests'
import { isWellFormedToken, createToken } from '@/lib/random-token'
import type { User } from '@/model/types'
import { seconds } from '@/lib/duration'
import type { Deps } from '@/deps/deps'
import { hasReloginScript } from '@/http/request/client'
import { inheritServer, sourceOf } from '@/http/request/client-ip'
import { shareCookieJar } from '@/http/request/cookies'
import { refererPath } from '@/http/request/path'
import type { Route } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'
import type { Cookies } from '@/http/types/cookies'

const MAX_PAGE_LENGTH = 2048 // a longer one must not make the form too large to be saved

/** Route option: requests to it are not saved when the session has ended. */
export const doNotSave = { detail: { tags: ['do not save'] } }

export const allowsSaving = (route: Route | undefined) =>
  route !== undefined && !route.hooks.detail?.tags?.some((tag) => doNotSave.detail.tags.includes(tag))

export async function saveRequestForLogin(
  deps: Deps,
  cookies: Cookies,
  request: Request,
  user: User,
  body: unknown,
  { isRepeated } = { isRepeated: hasReloginScript(request) },
) {
  if (request.method !== 'POST' || isRepeated) return
  const secret = secretOf(cookies) ?? createToken(deps).token
  const { path, query } = stateOf(request)
  const savedRequest = {
    method: request.method,
    path: path + query,
    fields: formFields(body),
    page: pageOf(request),
  }
  const key = { user, secret }
  const isSaved = await saveRequest(deps, key, savedRequest, { source: sourceOf(deps.config, request) })
  if (isSaved || (await hasSavedRequest(deps, key))) cookies.set('saved', secret, SAVED_REQUEST_LIFETIME / seconds(1))
}

function pageOf(request: Request) {
  const page = refererPath(request)
  return page !== undefined && page.length <= MAX_PAGE_LENGTH ? page : undefined
}

/** Accepts only well-formed secrets, because an attacker could plant the cookie and it becomes a key. */
export function secretOf(cookies: Cookies) {
  const secret = cookies.get('saved')
  return secret && isWellFormedToken(secret) ? secret : undefined
}

/** A form as a list, because a field name can repeat. */
const formFields = (body: unknown): SavedRequest['fields'] =>
  Object.entries(body ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )

export function savedRequestKey(cookies: Cookies | undefined, user: User) {
  const secret = cookies && secretOf(cookies)
  return secret === undefined ? undefined : { user, secret }
}

export async function afterLoginPath(deps: Deps, cookies: Cookies | undefined, user: User, returnPath: string) {
  const key = savedRequestKey(cookies, user)
  return key && (await hasSavedRequest(deps, key)) ? '/resume' : returnPath
}

/**
 * Carries out the saved request with this id, or the newest one. Undefined if there is none. After an error of the server
 * or a rate limit nothing was changed, so the request stays saved. `interruptedAt` repeats an attempt of that time, whose
 * result is unknown.
 */
export async function replaySavedRequest(
  deps: Deps,
  request: Request,
  key: { user: User; secret: string },
  id: string | undefined,
  handle: (request: Request) => Promise<Response>,
  interruptedAt?: number,
) {
  const claimed = await claimSavedRequest(deps, key, id, interruptedAt)
  if (!claimed) return undefined
  let isDone = false
  try {
    const response = await handle(toRequest(request, claimed))
    isDone = response.status < 500 && response.status !== 429
    return response
  } finally {
    await (isDone ? deleteClaimedRequest(deps, claimed) : releaseClaimedRequest(deps, claimed))
  }
}

/** The saved request with the current cookies of the browser. All checks run again. */
function toRequest(request: Request, { method, path, fields, page }: SavedRequest) {
  const headers = new Headers(request.headers)
  for (const name of ['content-length', 'transfer-encoding']) headers.delete(name) // they describe the body of the button
  headers.delete('x-session-user') // the script could repeat only the button, so a denied request must be saved again instead
  headers.set('content-type', 'application/x-www-form-urlencoded')
  if (page !== undefined) headers.set('referer', `${new URL(page, request.url)}`) // for a request that is saved again
  const replay = new Request(`${new URL(path, request.url)}`, {
    method,
    headers,
    body: `${new URLSearchParams(fields)}`,
  })
  shareCookieJar(request, replay)
  inheritServer(replay, request)
  return replay
}
