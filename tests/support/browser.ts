type Handle = (request: Request) => Response | Promise<Response>
type Texts = Record<string, string>

/** The Fetch Metadata headers of a user who follows a link or submits a form. */
const BY_PERSON = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const BY_HTMX = {
  'hx-request': 'true',
  'hx-request-type': 'partial',
  'sec-fetch-mode': 'same-origin',
  'sec-fetch-dest': 'empty',
}

export type Answer = Awaited<ReturnType<Browser['get']>>

/** A browser with a cookie jar. It does not follow redirects, so that tests can check them. */
export class Browser {
  readonly jar = new Map<string, string>()
  private lasting = new Set<string>()
  constructor(
    private handle: Handle,
    private origin: string,
    public userAgent = 'Test browser',
  ) {}

  get = (path: string, headers: Texts = {}) => this.ask(path, { headers: { ...BY_PERSON, ...headers } })
  post = (path: string, fields: Texts | [string, string][] = {}, headers: Texts = {}) =>
    this.ask(path, { method: 'POST', body: new URLSearchParams(fields), headers: { ...BY_PERSON, ...headers } })
  postHtmx = (path: string, fields: Texts = {}) => this.post(path, fields, BY_HTMX)
  /** A GET request of htmx for a partial. */
  getHtmx = (path: string) => this.get(path, BY_HTMX)

  /** Stores a cookie in the jar, optionally as a persistent one. */
  keep(name: string, value: string, lasts = false) {
    this.jar.set(name, value)
    if (lasts) this.lasting.add(name)
  }

  /** Closes the browser: cookies without Max-Age are removed. */
  close() {
    for (const name of this.jar.keys()) if (!this.lasting.has(name)) this.jar.delete(name)
  }

  /** A browser with the current cookies: a pending request, a second tab or an attacker. */
  copy(userAgent = this.userAgent) {
    const copy = new Browser(this.handle, this.origin, userAgent)
    for (const [name, value] of this.jar) copy.keep(name, value, this.lasting.has(name))
    return copy
  }

  async ask(path: string, { headers, ...init }: RequestInit & { headers: Texts }) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = { 'user-agent': this.userAgent, ...(cookie ? { cookie } : {}), ...headers }
    const response = await this.handle(new Request(this.origin + path, { ...init, headers: sent }))
    const set = response.headers.getSetCookie()
    for (const line of set) {
      const { name, value, maxAge } = Bun.Cookie.parse(line)
      if (maxAge === 0) this.jar.delete(name)
      else this.keep(name, value, Boolean(maxAge))
    }
    const to = response.headers.get('location') ?? response.headers.get('hx-redirect')
    return { status: response.status, to, headers: response.headers, set, html: await response.text() }
  }
}
