import type { Config } from '@/config'
import type { User } from '@/model/users'
import { Html, type View } from '@/ui/html'
import { Layout, Part } from '@/ui/layout'
import { SorryPage } from '@/ui/sorry'
import { files } from './assets'
import type { Cookies } from './cookies'
import type { Refusal } from './refusals'
import { leaveFlash, messages, takeFlash, type Flash } from './flash'
import { baseHeaders } from './headers'
import { isApi, pathOf } from './paths'

// A page always lands in <main>, whichever form or button asked for it.
const INTO_MAIN = { 'hx-retarget': '#main', 'hx-reswap': 'innerHTML' }
const HTML = 'text/html; charset=utf-8'

export type Reply = ReturnType<typeof createReply>

/** The one place that knows whether a browser, htmx or a program is asking. */
export function createReply(config: Config, request: Request, cookies?: Cookies, currentUser?: User) {
  const path = pathOf(request)
  const api = isApi(path)
  const htmx = request.headers.get('hx-request') === 'true'
  const wantsPart = request.headers.get('hx-request-type') === 'partial' // a boosted link or the back button wants it all

  function send(body: string | null, status: number, extra: Record<string, string>) {
    const headers = baseHeaders(config)
    headers.set('cache-control', 'no-store')
    headers.set('vary', 'HX-Request, HX-Request-Type, Sec-Fetch-Site, Origin, Cookie')
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    for (const cookie of cookies?.toHeaders() ?? []) headers.append('set-cookie', cookie)
    return new Response(body, { status, headers })
  }

  return {
    /** A place to be: the whole document, or only what goes into <main> when htmx asked for a part. */
    async page({ title, body }: View, status = 200, extra: Record<string, string> = {}) {
      const message = cookies && takeFlash(cookies)
      const shown = status === 422 ? `Error: ${title}` : title // read out first, before the form it belongs to
      const html = wantsPart ? (
        <Part title={shown} message={message}>
          {body}
        </Part>
      ) : (
        <Layout title={shown} path={path} name={currentUser?.name} message={message} files={files}>
          {body}
        </Layout>
      )
      return send(await html, status, { 'content-type': HTML, ...(wantsPart ? INTO_MAIN : {}), ...extra })
    },
    /** Done here: go elsewhere, with a word said on arrival. htmx would swap what a 303 leads to, so it gets a header. */
    go(to: string, flash?: Flash) {
      if (flash && cookies) leaveFlash(cookies, flash)
      return htmx ? send(null, 204, { 'hx-redirect': to }) : send(null, 303, { location: to })
    },
    /** Not before a login: a program is told so, and a person is brought there. */
    detour(to: string, flash?: Flash) {
      if (api)
        return this.problem(401, 'Log in first', 'Send a session cookie or an API token.', {
          'www-authenticate': 'Bearer',
        })
      if (!htmx) return this.go(to, flash)
      if (flash && cookies) leaveFlash(cookies, flash)
      return send(null, 401, { 'hx-redirect': to })
    },
    /** A part of the present page changed: send the part, or without htmx go back to its page. */
    async update(part: JSX.Element, page: string, flash?: Flash) {
      if (!wantsPart) return this.go(page, flash)
      const html = (
        <Part message={flash && messages[flash]} outOfBand>
          {part}
        </Part>
      )
      return send(await html, 200, { 'content-type': HTML })
    },
    /** A closed door, as a page or as a problem (RFC 9457). An id leads from it to the log. */
    refuse({ status, title, advice, headers }: Refusal, id?: string) {
      return api
        ? this.problem(status, title, advice, headers, id)
        : this.page(SorryPage({ title, advice, id }), status, headers)
    },
    problem(status: number, title: string, detail: string, extra: Record<string, string> = {}, id?: string) {
      const problem = JSON.stringify({ type: 'about:blank', title, status, detail, id })
      return send(problem, status, { 'content-type': 'application/problem+json; charset=utf-8', ...extra })
    },
    json: (value: unknown) => send(JSON.stringify(value), 200, { 'content-type': 'application/json; charset=utf-8' }),
    text: (value: string) => send(value, 200, { 'content-type': 'text/plain; charset=utf-8' }),
    /** What an address can be asked for. */
    options: (allow: string) => send(null, 204, { allow }),
  }
}
