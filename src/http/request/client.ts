import { shortenIp } from '@/lib/ip-address'
import type { Client } from '@/model/types'
import { clientIpOf, sourceOf } from './client-ip'
import { cookiesOf } from './cookies'
import { stateOf } from './request-state'
import type { Auth, RequestState } from '@/http/types'

const MAX_USER_AGENT_LENGTH = 256

/** The browser behind a request: what SESSION_PROTECTION compares, what it calls itself, and roughly where it is. */
export const readClient = (auth: Auth, request: Request): Client => ({
  fingerprint: auth.fingerprint(request).slice(0, MAX_USER_AGENT_LENGTH),
  userAgent: request.headers.get('user-agent')?.slice(0, MAX_USER_AGENT_LENGTH) ?? '',
  get source() {
    return sourceOf(auth.deps.config, request)
  },
  get deviceToken() {
    return cookiesOf(auth, request).get('device')
  },
  get ip() {
    return shortenIp(clientIpOf(auth.deps.config, request)) // looked up where it is wanted: most requests write nothing
  },
})

/**
 * Whether a person made this request, so that it slides the session: not a prefetch, not a picture or a frame that a page
 * fetched by itself, not a stream, not a program that reads the API every ten seconds. A page that asks again and again by
 * itself has to say so: `hx-headers='{"X-Poll": "1"}'`.
 */
export function isUserActivity(request: Request) {
  const state = stateOf(request)
  return (state.isUserActivity ??= checkUserActivity(request, state))
}

function checkUserActivity(request: Request, { isApi }: RequestState) {
  const { method, headers } = request
  if (method === 'HEAD' || method === 'OPTIONS' || isBackground(request)) return false
  const site = headers.get('sec-fetch-site')
  if ((site === 'same-site' || site === 'cross-site') && headers.get('sec-fetch-mode') !== 'navigate') return false
  const destination = headers.get('sec-fetch-dest') ?? 'document'
  if (destination !== 'document' && destination !== 'empty') return false
  return method !== 'GET' || !isApi
}

/** Whether a page or a browser asked ahead of a person, or without one: a poll, a stream, a prefetch. No device comes back by that. */
export const isBackground = ({ headers }: Request) =>
  headers.has('x-poll') ||
  headers.has('sec-purpose') ||
  headers.get('purpose') === 'prefetch' ||
  headers.get('x-moz') === 'prefetch' ||
  headers.get('accept') === 'text/event-stream'

/**
 * Whose page sent this, where our own script did: it asks for the password in place, and sends the form again by itself.
 */
export const pageUserId = ({ headers }: Request) => headers.get('x-session-user') ?? undefined

export const hasReloginScript = (request: Request) => pageUserId(request) !== undefined

/** Whether it asks for the password over the page, and not on the page that does only that. */
export const isReloginDialog = ({ headers }: Request) => /#relogin-(dialog|form)$/.test(headers.get('hx-target') ?? '')
