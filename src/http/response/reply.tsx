import { hasPermission, type Permission } from '@/model/users/roles'
import type { Session, User } from '@/model/types'
import { consumeTheftAlert } from '@/model/sessions/theft-alert'
import { Html, asString, type View } from '@/ui/html'
import { createLayout, FlashArea as FlashMessage, PagePartial } from '@/ui/layout'
import { ErrorPage } from '@/ui/error-page'
import { assetUrls } from '@/http/assets/manifest'
import { isUserActivity, hasReloginScript } from '@/http/request/client'
import { disableIdleTimeout } from '@/http/request/client-ip'
import { setFlash, consumeFlash } from './flash'
import type { FlashKey } from '@/ui/flash-messages'
import { responseHeaders } from './security-headers'
import { stateOf } from '@/http/request/request-state'
import { secondsLeft, sessionTimeoutProps } from './session-clock'
import type { Auth, Cookies, ErrorContent, ExtraHeaders, Reply } from '@/http/types'

const renderLayout = createLayout(assetUrls)

// What each answer carries, by its kind. None is kept by anybody, for it is made for one reader.
const BASE_HEADERS = {
  'cache-control': 'no-store',
  vary: 'HX-Request, HX-Request-Type, Sec-Fetch-Site, Origin, Cookie',
}
const PAGE_HEADERS = { ...BASE_HEADERS, 'content-type': 'text/html; charset=utf-8' }
// A page always lands in <main>, whichever form or button asked for it.
const PARTIAL_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#main', 'hx-reswap': 'innerHTML' }
const DIALOG_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#relogin-form', 'hx-reswap': 'innerHTML' }
// Above a form that stays as it is.
const FLASH_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#flash', 'hx-reswap': 'outerHTML' }
const JSON_HEADERS = { ...BASE_HEADERS, 'content-type': 'application/json; charset=utf-8' }
const PROBLEM_HEADERS = { ...BASE_HEADERS, 'content-type': 'application/problem+json; charset=utf-8' }
const TEXT_HEADERS = { ...BASE_HEADERS, 'content-type': 'text/plain; charset=utf-8' }
const STREAM_HEADERS = {
  ...BASE_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
}
/** Whoever comes next to this browser finds nothing that an app of ours left in it (ASVS 5.0, 14.3.1). */
const CLEAR_SITE_DATA = '"cache", "storage"'

/** Who is asking, where that is known. */
type Viewer = { user?: User; session?: Session }

/** The one place that knows whether a browser, htmx or a program is asking. */
export function createReply(auth: Auth, request: Request, cookies?: Cookies, { user, session }: Viewer = {}): Reply {
  const { config } = auth.deps
  const { path, isApi, isJson } = stateOf(request)
  const htmx = request.headers.get('hx-request') === 'true'
  const wantsPart = htmx && request.headers.get('hx-request-type') !== 'full' // a boosted link wants it all, and so does the back button

  function send(
    body: string | ReadableStream<string> | null,
    status: number,
    kind: ExtraHeaders,
    extra?: ExtraHeaders,
  ) {
    return new Response(body, { status, headers: responseHeaders(config, kind, responseOnlyHeaders(extra)) })
  }

  /** What only this answer carries. */
  function responseOnlyHeaders(extra: ExtraHeaders = {}) {
    const lines: [name: string, value: string][] = []
    if (isApi && config.apiTokenInQuery) lines.push(['referrer-policy', 'no-referrer']) // the address may hold a token
    const isWatched = htmx && !isJson && cookies?.get('session') !== undefined // it may be over by this very request, a logout
    const left = isWatched && session && secondsLeft(auth.deps, session)
    if (left) lines.push(['session-expires-in', `${left.idle} ${left.absolute}`])
    if (session && isJson && !isApi) lines.push(['session-user', session.user_id])
    if (cookies?.isCleared('session')) lines.push(['clear-site-data', CLEAR_SITE_DATA])
    for (const name in extra) lines.push([name, extra[name] ?? ''])
    for (const cookie of cookies?.toSetCookie() ?? []) lines.push(['set-cookie', cookie])
    return lines
  }

  /** A place to be: the whole document, or only what goes into <main> when htmx asked for a part. */
  async function page({ title, body }: View, status = 200, extra?: ExtraHeaders) {
    const isSeen = isUserActivity(request)
    const message = cookies && isSeen ? consumeFlash(auth, cookies, request) : undefined // a prefetch would eat it unseen
    const shown = status === 422 || status === 429 ? `Error: ${title}` : title // read out first, before the form it belongs to
    const hasTheftAlert =
      user !== undefined && user.theft_alert_at !== null && isSeen && (await consumeTheftAlert(auth.deps, user))
    const { loginPath, reloginPath } = auth.loginPathsFor(path)
    const watched = session && reloginPath !== null ? sessionTimeoutProps(auth.deps, session, reloginPath) : undefined
    const main = { title: shown, message, hasTheftAlert, children: body }
    if (wantsPart)
      return send(asString(PagePartial({ ...main, siteName: config.branding.name })), status, PARTIAL_HEADERS, extra)
    const can = user && ((permission: Permission) => hasPermission(user, permission))
    const frame = { path, can, loginPath: loginPath ?? '/login', sessionTimeout: watched }
    return send(renderLayout({ branding: config.branding, ...main, ...frame }), status, PAGE_HEADERS, extra)
  }

  function leave(flash?: FlashKey) {
    if (flash && cookies && isUserActivity(request)) setFlash(auth, cookies, flash)
  }

  /** Done here: go elsewhere, with a word said on arrival. htmx would swap what a 303 leads to, so it gets a header. */
  function redirect(to: string, flash?: FlashKey) {
    leave(flash)
    return htmx ? send(null, 204, BASE_HEADERS, { 'hx-redirect': to }) : send(null, 303, BASE_HEADERS, { location: to })
  }

  /** Not before a login: a person is brought there. */
  function redirectToLogin(to: string, flash?: FlashKey) {
    if (!htmx) return redirect(to, flash)
    if (!hasReloginScript(request)) leave(flash) // our script goes nowhere where it would be read
    return send(null, 401, BASE_HEADERS, { 'hx-redirect': to })
  }

  /** A closed door, as a page or, for programs, as a problem (RFC 9457). An id leads from it to the log. */
  function error({ status, title, detail, headers, errors }: ErrorContent, id?: string) {
    if (!isJson && wantsPart && status === 503)
      return flashNow([`${title}.`, detail, id && `If you contact us, include this ID: ${id}.`], status, headers)
    const maySendAgain = status === 503 && request.method === 'POST'
    if (!isJson) return page(ErrorPage({ title, detail, id, canResend: maySendAgain }), status, headers)
    const problem = { type: 'about:blank', title, status, detail, id, errors }
    return send(JSON.stringify(problem), status, PROBLEM_HEADERS, headers)
  }

  /** A word above the form, which stays as it is. */
  async function flashNow(sentences: (string | undefined)[], status: number, headers: ExtraHeaders) {
    const line = <FlashMessage message={['error', sentences.filter(Boolean).join(' ')]} />
    return send(asString(line), status, FLASH_HEADERS, headers)
  }

  /** An app's own answer, with the cookies that the browser would miss. */
  function withCookies(own: Response) {
    const missing = (cookies?.toSetCookie() ?? []).filter((line) => !own.headers.getSetCookie().includes(line))
    if (missing.length === 0) return own
    const headers = new Headers(own.headers)
    for (const line of missing) headers.append('set-cookie', line)
    return new Response(own.body, { status: own.status, headers })
  }

  return {
    page,
    redirect,
    json: (value) => send(JSON.stringify(value), 200, JSON_HEADERS),
    noContent: () => send(null, 204, BASE_HEADERS),
    dialog: async (body, status = 200, extra = {}) => send(asString(body), status, DIALOG_HEADERS, extra),
    hasFlash: () => cookies?.get('flash') !== undefined,
    stream(body) {
      const isRead = request.method !== 'HEAD'
      if (isRead) disableIdleTimeout(request)
      else void body.cancel() // or it waits for a reader who never comes, and keeps its place
      return send(isRead ? body : null, 200, STREAM_HEADERS)
    },
    text: (value) => send(value, 200, TEXT_HEADERS),
    internal: { redirectToLogin, error, withCookies, options: (allow) => send(null, 204, BASE_HEADERS, { allow }) },
  }
}
