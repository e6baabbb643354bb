import { shortenIp } from '@/lib/ip-address'
import type { Client } from '@/model/types'
import { clientIpOf, sourceOf } from './client-ip'
import { cookiesOf } from './cookies'
import { stateOf } from './request-state'
import type { Auth } from '@/http/types/auth'
import type { RequestState } from '@/http/types/request-state'

const MAX_CLIENT_TEXT_LENGTH = 256

export const readClient = (auth: Auth, request: Request): Client => ({
  fingerprint: auth.fingerprint(request).slice(0, MAX_CLIENT_TEXT_LENGTH),
  userAgent: request.headers.get('user-agent')?.slice(0, MAX_CLIENT_TEXT_LENGTH) ?? '',
  get source() {
    return sourceOf(auth.deps.config, request)
  },
  get deviceToken() {
    return cookiesOf(auth, request).get('device')
  },
  get ip() {
    return shortenIp(clientIpOf(auth.deps.config, request)) // lazy, because most requests write nothing
  },
})

/**
 * Whether a user caused this request, so that it extends the session. Prefetches, images, frames, streams and API reads do
 * not count. A page that polls sends the header `X-Poll`, with htmx by `hx-headers='{"X-Poll": "1"}'`.
 */
export function isUserActivity(request: Request) {
  const state = stateOf(request)
  return (state.isUserActivity ??= checkUserActivity(request, state))
}

function checkUserActivity(request: Request, { isApi }: RequestState) {
  const { method, headers } = request
  if (method === 'HEAD' || method === 'OPTIONS' || isBackground(request)) return false
  if (isFromOtherSite({ headers }) && headers.get('sec-fetch-mode') !== 'navigate') return false
  const destination = headers.get('sec-fetch-dest') ?? 'document'
  if (destination !== 'document' && destination !== 'empty') return false
  return method !== 'GET' || !isApi
}

/** Whether a page of another origin caused this request: a link, a redirect or a script. */
export const isFromOtherSite = ({ headers }: Pick<Request, 'headers'>) =>
  /^(cross|same)-site$/.test(headers.get('sec-fetch-site') ?? '')

/** A poll, a stream or a speculative request. Background requests restore no remembered device. */
export const isBackground = (request: Request) =>
  request.headers.has('x-poll') || request.headers.get('accept') === 'text/event-stream' || isSpeculative(request)

const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] // all but the first are of older browsers

/** A prefetch or prerender: the browser loads a page that the user may never open. */
export const isSpeculative = ({ headers }: Request) =>
  PURPOSE_HEADERS.some((name) => /prefetch|prerender|preview|instant/i.test(headers.get(name) ?? ''))

const scriptUserId = ({ headers }: Request) => headers.get('x-session-user') ?? undefined

/** The user of the page that sent the request, from the header of the script and from the form. Not verified. */
export const pageUserIds = (request: Request) =>
  [scriptUserId(request), stateOf(request).formUserId].filter((id) => id !== undefined)

/** The script opens the re-login dialog and retries. */
export const hasReloginScript = (request: Request) => scriptUserId(request) !== undefined

/** Whether a dialog shows the re-login form, instead of its own page. */
export const isReloginDialog = ({ headers }: Request) => /#relogin-(dialog|form)$/.test(headers.get('hx-target') ?? '')

/** Whether a dialog of the page shows the response: a confirmation. */
export const isPageDialog = ({ headers }: Request) => headers.get('hx-target') === 'dialog#page-dialog'
