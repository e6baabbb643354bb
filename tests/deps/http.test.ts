import { afterEach, expect, test } from 'bun:test'
import { createHttp } from '@/deps/http'
import { openSite } from '../support/site'

const servers: Bun.Server<undefined>[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop(true))))

type Handler = (request: Request) => Response | Promise<Response>

function serve(fetch: Handler) {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
  servers.push(server)
  return { origin: server.url.origin, host: server.url.host }
}

function openHttp(timeout?: number) {
  const lines: object[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields })
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  let time = 0
  return { http: createHttp({ now: () => (time += 7), log, timeout }), lines }
}

test('a request returns the response of the server and logs host, status and time, but no path and no query', async () => {
  const { origin, host } = serve(async (request) => {
    const { pathname, search } = new URL(request.url)
    return Response.json([request.method, pathname, search, request.headers.get('x-key'), await request.text()])
  })
  const { http, lines } = openHttp()
  const init = { method: 'POST', body: 'hello', headers: { 'x-key': 'k' } }
  const response = await http(`${origin}/path?secret=1`, init)
  expect([response.status, await response.json()]).toEqual([200, ['POST', '/path', '?secret=1', 'k', 'hello']])
  expect(lines).toEqual([{ level: 'info', message: 'outgoing request', host, status: 200, ms: 7 }])
})

test('an error status is a response and not an exception', async () => {
  const { origin } = serve(() => new Response('no', { status: 503 }))
  const { http, lines } = openHttp()
  expect((await http(origin)).status).toBe(503)
  expect(lines).toMatchObject([{ level: 'info', status: 503 }])
})

test('a server that sends no response or stops within the body causes a timeout', async () => {
  const never = new Promise<Response>(() => undefined)
  const silent = serve(() => never)
  const half = serve(() => new Response(new ReadableStream({ start: (body) => body.enqueue('half') })))
  const { http, lines } = openHttp(50)
  await expect(http(`${silent.origin}/?secret=1`)).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }))
  expect(lines).toEqual([
    { level: 'warn', message: 'outgoing request failed', host: silent.host, cause: 'TimeoutError', ms: 7 },
  ])
  // A busy machine may take longer than 50 ms for the headers.
  const response = await openHttp(1000).http(half.origin)
  await expect(response.text()).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }))
})

test('the signal of the caller aborts the request', async () => {
  const { origin } = serve(() => new Promise<Response>(() => undefined))
  const { http } = openHttp()
  const signal = AbortSignal.abort()
  await expect(http(origin, { signal })).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
})

test('an unreachable server is logged without the path', async () => {
  const { origin, host } = serve(() => new Response())
  await Promise.all(servers.splice(0).map((server) => server.stop(true)))
  const { http, lines } = openHttp()
  await expect(http(`${origin}/secret?secret=1`)).rejects.toThrow()
  expect(lines).toMatchObject([{ level: 'warn', host, cause: 'ECONNREFUSED' }])
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('a redirect within the origin is followed, and a redirect to another origin throws before the request', async () => {
  const reached: string[] = []
  const other = serve(({ url }) => {
    reached.push(url)
    return new Response('internal')
  })
  const { origin, host } = serve(({ url }) => {
    const { pathname } = new URL(url)
    if (pathname === '/inside') return new Response(null, { status: 302, headers: { location: '/target' } })
    if (pathname === '/outside') return Response.redirect(`${other.origin}/admin`, 307)
    if (pathname === '/loop') return Response.redirect('/loop', 301)
    return new Response('target')
  })
  const { http, lines } = openHttp()
  expect(await (await http(`${origin}/inside`)).text()).toBe('target')
  await expect(http(`${origin}/outside`)).rejects.toThrow(`redirect to ${other.host}`)
  await expect(http(`${origin}/loop`)).rejects.toThrow('too many redirects')
  const posted = await http(`${origin}/inside`, { method: 'POST', body: 'x' })
  expect([posted.status, posted.headers.get('location')]).toEqual([302, '/target'])
  expect(reached).toEqual([])
  expect(lines).toMatchObject([
    { host, status: 200 },
    { host, cause: 'RedirectError' },
    { host, cause: 'RedirectError' },
    { host, status: 302 },
  ])
})

test.each(['file:///etc/hostname', 'data:,x', 's3://bucket/key', 'not a url'])('%s is rejected', async (url) => {
  const { http } = openHttp()
  await expect(http(url)).rejects.toThrow(TypeError)
})

test('an outgoing request in a test throws unless the test supplies a response', async () => {
  const site = await openSite()
  await expect(site.deps.http('https://mail.example/send')).rejects.toThrow('https://mail.example/send')
  const requested: string[] = []
  site.answerHttp(async (url) => {
    requested.push(`${url}`)
    return new Response('sent')
  })
  expect(await (await site.deps.http('https://mail.example/send')).text()).toBe('sent')
  expect(requested).toEqual(['https://mail.example/send'])
})
