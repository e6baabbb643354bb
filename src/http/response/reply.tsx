import { isAllowed, type Permission } from '@/model/users/roles'
import type { Session, User } from '@/model/types'
import { takeAlarm } from '@/model/sessions/theft-alert'
import { Html, printed, type View } from '@/ui/html'
import { createLayout, Flash as FlashMessage, Part } from '@/ui/layout'
import { SorryPage } from '@/ui/error-page'
import { files } from '@/http/assets/manifest'
import { isByPerson, isInPlace } from '@/http/request/client'
import { keepOpen } from '@/http/request/client-ip'
import { leaveFlash, takeFlash } from './flash'
import type { Flash } from '@/ui/flash-messages'
import { answerHeaders } from './security-headers'
import { stateOf } from '@/http/request/request-state'
import { secondsLeft, watchedOf } from './session-clock'
import type { Auth, Cookies, ErrorContent, ExtraHeaders, Reply } from '@/http/types'

const layOut = createLayout(files)

// What each answer carries, by its kind. None is kept by anybody, for it is made for one reader.
const BARE = { 'cache-control': 'no-store', vary: 'HX-Request, HX-Request-Type, Sec-Fetch-Site, Origin, Cookie' }
const PAGE = { ...BARE, 'content-type': 'text/html; charset=utf-8' }
// A page always lands in <main>, whichever form or button asked for it.
const PART = { ...PAGE, 'hx-retarget': '#main', 'hx-reswap': 'innerHTML' }
const DIALOG = { ...PAGE, 'hx-retarget': '#relogin-form', 'hx-reswap': 'innerHTML' }
// Above a form that stays as it is.
const WORD = { ...PAGE, 'hx-retarget': '#flash', 'hx-reswap': 'outerHTML' }
const JSON_DATA = { ...BARE, 'content-type': 'application/json; charset=utf-8' }
const PROBLEM = { ...BARE, 'content-type': 'application/problem+json; charset=utf-8' }
const TEXT = { ...BARE, 'content-type': 'text/plain; charset=utf-8' }
const STREAM = { ...BARE, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
/** Whoever comes next to this browser finds nothing that an app of ours left in it (ASVS 5.0, 14.3.1). */
const ALL_OF_OURS = '"cache", "storage"'

/** Who is asking, where that is known. */
type Asker = { user?: User; session?: Session }

/** The one place that knows whether a browser, htmx or a program is asking. */
export function createReply(auth: Auth, request: Request, cookies?: Cookies, { user, session }: Asker = {}): Reply {
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
    return new Response(body, { status, headers: answerHeaders(config, kind, ownLines(extra)) })
  }

  /** What only this answer carries. */
  function ownLines(extra: ExtraHeaders = {}) {
    const lines: [name: string, value: string][] = []
    if (isApi && config.apiTokenInQuery) lines.push(['referrer-policy', 'no-referrer']) // the address may hold a token
    const isWatched = htmx && !isJson && cookies?.find('session') !== undefined // it may be over by this very request, a logout
    const left = isWatched && session && secondsLeft(auth.deps, session)
    if (left) lines.push(['session-expires-in', `${left.idle} ${left.absolute}`])
    if (session && isJson && !isApi) lines.push(['session-user', session.user_id])
    if (cookies?.isCleared('session')) lines.push(['clear-site-data', ALL_OF_OURS])
    for (const name in extra) lines.push([name, extra[name] ?? ''])
    for (const cookie of cookies?.toHeaders() ?? []) lines.push(['set-cookie', cookie])
    return lines
  }

  /** A place to be: the whole document, or only what goes into <main> when htmx asked for a part. */
  async function page({ title, body }: View, status = 200, extra?: ExtraHeaders) {
    const isSeen = isByPerson(request)
    const message = cookies && isSeen ? takeFlash(auth, cookies, request) : undefined // a prefetch would eat it unseen
    const shown = status === 422 || status === 429 ? `Error: ${title}` : title // read out first, before the form it belongs to
    const isAlarmed = user !== undefined && user.theft_at !== null && isSeen && (await takeAlarm(auth.deps, user))
    const { loginPath, reloginPath } = auth.placeOf(path)
    const watched = session && reloginPath !== null ? watchedOf(auth.deps, session, reloginPath) : undefined
    const main = { title: shown, message, isAlarmed, children: body }
    if (wantsPart) return send(printed(Part({ ...main, siteName: config.branding.name })), status, PART, extra)
    const can = user && ((permission: Permission) => isAllowed(user, permission))
    const frame = { path, can, loginPath: loginPath ?? '/login', watched }
    return send(layOut({ branding: config.branding, ...main, ...frame }), status, PAGE, extra)
  }

  function leave(flash?: Flash) {
    if (flash && cookies && isByPerson(request)) leaveFlash(auth, cookies, flash)
  }

  /** Done here: go elsewhere, with a word said on arrival. htmx would swap what a 303 leads to, so it gets a header. */
  function go(to: string, flash?: Flash) {
    leave(flash)
    return htmx ? send(null, 204, BARE, { 'hx-redirect': to }) : send(null, 303, BARE, { location: to })
  }

  /** Not before a login: a person is brought there. */
  function detour(to: string, flash?: Flash) {
    if (!htmx) return go(to, flash)
    if (!isInPlace(request)) leave(flash) // our script goes nowhere where it would be read
    return send(null, 401, BARE, { 'hx-redirect': to })
  }

  /** A closed door, as a page or, for programs, as a problem (RFC 9457). An id leads from it to the log. */
  function refuse({ status, title, advice, headers, mistakes }: ErrorContent, id?: string) {
    if (!isJson && wantsPart && status === 503)
      return say([`${title}.`, advice, id && `If you contact us, include this ID: ${id}.`], status, headers)
    const maySendAgain = status === 503 && request.method === 'POST'
    if (!isJson) return page(SorryPage({ title, advice, id, maySendAgain }), status, headers)
    const problem = { type: 'about:blank', title, status, detail: advice, id, errors: mistakes }
    return send(JSON.stringify(problem), status, PROBLEM, headers)
  }

  /** A word above the form, which stays as it is. */
  async function say(sentences: (string | undefined)[], status: number, headers: ExtraHeaders) {
    const line = <FlashMessage message={['error', sentences.filter(Boolean).join(' ')]} />
    return send(printed(line), status, WORD, headers)
  }

  /** An app's own answer, with the cookies that the browser would miss. */
  function withCookies(own: Response) {
    const missing = (cookies?.toHeaders() ?? []).filter((line) => !own.headers.getSetCookie().includes(line))
    if (missing.length === 0) return own
    const headers = new Headers(own.headers)
    for (const line of missing) headers.append('set-cookie', line)
    return new Response(own.body, { status: own.status, headers })
  }

  return {
    page,
    go,
    json: (value) => send(JSON.stringify(value), 200, JSON_DATA),
    nothing: () => send(null, 204, BARE),
    dialog: async (body, status = 200, extra = {}) => send(printed(body), status, DIALOG, extra),
    hasFlash: () => cookies?.find('flash') !== undefined,
    stream(body) {
      const isRead = request.method !== 'HEAD'
      if (isRead) keepOpen(request)
      else void body.cancel() // or it waits for a reader who never comes, and keeps its place
      return send(isRead ? body : null, 200, STREAM)
    },
    text: (value) => send(value, 200, TEXT),
    internal: { detour, refuse, withCookies, options: (allow) => send(null, 204, BARE, { allow }) },
  }
}
