import { isMailOn } from '@/model/mails/request-mail'
import { hasPermission, type Permission } from '@/model/users/roles'
import type { Session, User } from '@/model/types'
import { Html, asString, type View } from '@/ui/html'
import { hasAccountMenu } from '@/ui/account-shell'
import { ErrorPage } from '@/ui/error-page'
import { FlashArea } from '@/ui/flash-area'
import { createLayout, PagePartial } from '@/ui/layout'
import { insertPageUser } from '@/ui/page-user'
import { assetUrls } from '@/http/assets/manifest'
import { isPageDialog, isReloginDialog, isSpeculative, isUserActivity, hasReloginScript } from '@/http/request/client'
import { disableIdleTimeout } from '@/http/request/client-ip'
import { compressPage } from './compress-page'
import { consumeSecondStepFlash, setFlash } from './flash'
import { loginLinks, pageHead, sessionTimeoutOf } from './page-props'
import { pageMessages, showsOnce } from './page-messages'
import { readTheme } from './theme'
import type { FlashKey } from '@/ui/flash-messages'
import { responseHeaders } from './security-headers'
import { refererPath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import { isSafeMethod } from '@/http/request/route-table'
import { secondsLeft } from './session-clock'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'
import type { ErrorContent, ExtraHeaders, Reply } from '@/http/types/reply'

const renderLayout = createLayout(assetUrls)

// Headers by kind of response. No response may be cached, because each is for one user.
const BASE_HEADERS = {
  'cache-control': 'no-store',
  vary: 'HX-Request, HX-Request-Type, Sec-Fetch-Site, Origin, Cookie, Accept-Encoding',
}
const PAGE_HEADERS = { ...BASE_HEADERS, 'content-type': 'text/html; charset=utf-8' }
// A page always replaces <main>, regardless of the htmx target.
const PARTIAL_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#main', 'hx-reswap': 'innerHTML' }
const DIALOG_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#relogin-form', 'hx-reswap': 'innerHTML' }
const PAGE_DIALOG_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#page-dialog-content', 'hx-reswap': 'innerHTML' }
const FLASH_HEADERS = { ...PAGE_HEADERS, 'hx-retarget': '#flash', 'hx-reswap': 'outerHTML', 'hx-push-url': 'false' }
const JSON_HEADERS = { ...BASE_HEADERS, 'content-type': 'application/json; charset=utf-8' }
const PROBLEM_HEADERS = { ...BASE_HEADERS, 'content-type': 'application/problem+json; charset=utf-8' }
const TEXT_HEADERS = { ...BASE_HEADERS, 'content-type': 'text/plain; charset=utf-8' }
const STREAM_HEADERS = {
  ...BASE_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
}
/**
 * The next user of this browser finds no stored data of the site (ASVS 5.0, 14.3.1), and no page that Chromium loaded in
 * advance. Without "cache": no private response is stored there, and Chromium searches the cache of all sites. Measured with
 * 10,000 cached files, it took 0.5 to 1.5 s.
 */
const CLEAR_SITE_DATA = '"storage", "prefetchCache", "prerenderCache"'

type Viewer = { user?: User; session?: Session }

/** The only place that distinguishes browsers, htmx and programs. */
export function createReply(auth: Auth, request: Request, cookies?: Cookies, { user, session }: Viewer = {}): Reply {
  const { config } = auth.deps
  const { path, isApi, isJson } = stateOf(request)
  const htmx = request.headers.get('hx-request') === 'true'
  const viewer = user && {
    name: user.name,
    can: (permission: Permission) => hasPermission(user, permission),
    hasMail: isMailOn(auth.deps),
  }
  const wantsPart = htmx && request.headers.get('hx-request-type') !== 'full' // boosted links and the back button need the whole page

  function send(
    body: string | Uint8Array<ArrayBuffer> | ReadableStream<string> | null,
    status: number,
    kind: ExtraHeaders,
    extra?: ExtraHeaders,
  ) {
    return new Response(body, { status, headers: responseHeaders(config, kind, headersOfThisResponse(extra)) })
  }

  function sendHtml(markup: JSX.Element, status: number, kind: ExtraHeaders, extra?: ExtraHeaders) {
    const html = insertPageUser(asString(markup), user?.id)
    const compressed = compressPage(request, html)
    return compressed
      ? send(compressed, status, kind, { ...extra, 'content-encoding': 'gzip' })
      : send(html, status, kind, extra)
  }

  function headersOfThisResponse(extra: ExtraHeaders = {}) {
    const lines: [name: string, value: string][] = []
    if (isApi && config.apiTokenInQuery) lines.push(['referrer-policy', 'no-referrer']) // the URL may contain a token
    // A request that ended the session has cleared the cookie.
    const updatesCountdown = htmx && !isJson && cookies?.get('session') !== undefined
    const left = updatesCountdown && session && secondsLeft(auth.deps, session)
    if (left) lines.push(['session-expires-in', `${left.idle} ${left.absolute}`])
    if (session && isJson && !isApi) lines.push(['session-user', session.user_id])
    if (cookies?.isCleared('session') || stateOf(request).isUserReplaced)
      lines.push(['clear-site-data', CLEAR_SITE_DATA])
    for (const name in extra) lines.push([name, extra[name] ?? ''])
    for (const cookie of cookies?.toSetCookie() ?? []) lines.push(['set-cookie', cookie])
    return lines
  }

  /** The whole document, or only the content of <main> for htmx. */
  async function page(view: View, status = 200, extra?: ExtraHeaders) {
    if (wantsPart && isPageDialog(request)) return sendHtml(view.body, status, PAGE_DIALOG_HEADERS, extra)
    if (showsOnce({ user, cookies }) && isSpeculative(request)) return refuseSpeculation()
    const props = {
      ...pageHead(view, status),
      ...loginLinks(auth, request),
      branding: config.branding,
      path,
      theme: readTheme(cookies),
      viewer,
      sessionTimeout: sessionTimeoutOf(auth, path, session),
      ...(await pageMessages({ auth, request, cookies, user, session }, view, status)),
    }
    return wantsPart
      ? sendHtml(PagePartial(props), status, PARTIAL_HEADERS, extra)
      : sendHtml(renderLayout(props), status, PAGE_HEADERS, extra)
  }

  /** A browser discards an error, and asks again when the user opens the page. Without Retry-After it does not wait. */
  function refuseSpeculation() {
    return send('This page cannot be loaded in advance.\n', 503, TEXT_HEADERS)
  }

  function setFlashIfSeen(flash?: FlashKey) {
    if (flash && cookies && isUserActivity(request)) setFlash(auth, cookies, flash)
  }

  /** htmx would insert the target of a 303 into the page, so it gets a header instead. */
  function redirect(to: string, flash?: FlashKey) {
    if (flash && isSpeculative(request)) return refuseSpeculation()
    setFlashIfSeen(flash)
    const token = cookies?.get('session')
    if (token) auth.cookieCheck.start(request, to, token)
    return htmx ? send(null, 204, BASE_HEADERS, { 'hx-redirect': to }) : send(null, 303, BASE_HEADERS, { location: to })
  }

  function redirectToLogin(to: string, flash?: FlashKey) {
    if (!htmx) return redirect(to, flash)
    // The script opens a dialog instead of a page with the message. A dialog that is open shows it.
    if (!hasReloginScript(request) || isReloginDialog(request)) setFlashIfSeen(flash)
    return send(null, 401, BASE_HEADERS, { 'hx-redirect': to })
  }

  const redirectToEmail = () => redirectToSettings('/settings/email', 'confirm-email-first', 403)

  const redirectToSetUp = (to: string) => redirectToSettings(to, 'two-step-required', 401)

  /** The script opens no dialog for these, so htmx opens the page. */
  function redirectToSettings(to: string, flash: FlashKey, status: number) {
    if (!htmx || isSpeculative(request)) return redirect(to, flash)
    setFlashIfSeen(flash)
    return send(null, status, BASE_HEADERS, { 'hx-redirect': to })
  }

  /** An error page or a problem document (RFC 9457). The id is also in the log. */
  function error({ status, title, detail, headers, errors, reloadPath }: ErrorContent, id?: string) {
    // An error page would replace the form and its input, or stand in a small dialog.
    const keepsPage = status >= 500 || !isSafeMethod(request) || isPageDialog(request)
    if (!isJson && wantsPart && keepsPage)
      return flashNow([`${title}.`, detail, id && `If you contact us, include this ID: ${id}.`], status, headers)
    const canResend = status === 503 && request.method === 'POST'
    if (!isJson) {
      const userName = status === 403 ? user?.name : undefined
      const from = refererPath(request)
      const backPath = from?.split('?')[0] === path ? undefined : from
      const { supportEmail } = config
      const content = { status, title, detail, id, supportEmail, userName, canResend, reloadPath, backPath }
      return page(ErrorPage({ ...content, hasAccountMenu: hasAccountMenu(path, viewer) }), status, headers)
    }
    const problem = { type: 'about:blank', title, status, detail, id, errors }
    return send(JSON.stringify(problem), status, PROBLEM_HEADERS, headers)
  }

  /** Shows a message above the form and keeps the form. */
  async function flashNow(sentences: (string | undefined)[], status: number, headers: ExtraHeaders) {
    const flashArea = <FlashArea message={['error', sentences.filter(Boolean).join(' ')]} />
    return send(asString(flashArea), status, FLASH_HEADERS, headers)
  }

  /** For the response of the app's `onUnauthenticated` or `onReauthRequired`. */
  function withCookies(response: Response) {
    const missing = (cookies?.toSetCookie() ?? []).filter((line) => !response.headers.getSetCookie().includes(line))
    if (missing.length === 0) return response
    const headers = new Headers(response.headers)
    for (const line of missing) headers.append('set-cookie', line)
    return new Response(response.body, { status: response.status, headers })
  }

  return {
    page,
    redirect,
    json: (value) => send(JSON.stringify(value), 200, JSON_HEADERS),
    canDownload: () => !htmx,
    download: (fileName, value) =>
      send(JSON.stringify(value, null, 2), 200, JSON_HEADERS, {
        'content-disposition': `attachment; filename="${fileName}"`,
      }),
    file: (body, contentType, extra) => send(body, 200, { ...BASE_HEADERS, 'content-type': contentType }, extra),
    noContent: () => send(null, 204, BASE_HEADERS),
    canReplace: () => wantsPart,
    partial: async (body) => sendHtml(body, 200, PAGE_HEADERS, { 'hx-reswap': 'outerHTML' }),
    dialog: async (body, status = 200, extra = {}) => sendHtml(body, status, DIALOG_HEADERS, extra),
    hasFlash: () => cookies?.get('flash') !== undefined,
    takeSecondStepMessage: () => cookies && consumeSecondStepFlash(auth, cookies, request)?.[1],
    stream(body) {
      const isRead = request.method !== 'HEAD'
      if (isRead) disableIdleTimeout(request)
      else void body.cancel() // an unread body would stay open
      return send(isRead ? body : null, 200, STREAM_HEADERS)
    },
    text: (value, status = 200) => send(value, status, TEXT_HEADERS),
    internal: {
      redirectToLogin,
      redirectToEmail,
      redirectToSetUp,
      error,
      withCookies,
      options: (allow) => send(null, 204, BASE_HEADERS, { allow }),
      refuseSpeculation,
    },
  }
}
