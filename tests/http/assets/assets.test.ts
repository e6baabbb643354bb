import { expect, test } from 'bun:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { assets } from '@/features/assets/routes'
import { assetUrls } from '@/http/assets/manifest'
import { securityHeaders } from '@/http/response/security-headers'
import { annLoggedIn } from '../../support/people'

test('asset URLs contain a content hash and are cached as immutable', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const types = {
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    sessionJs: 'text/javascript; charset=utf-8',
    passkeysJs: 'text/javascript; charset=utf-8',
    icon: 'image/svg+xml; charset=utf-8',
    touchIcon: 'image/png',
  }
  const page = (await annsBrowser.get('/')).html
  for (const [kind, type] of Object.entries(types)) {
    const path = assetUrls[kind as keyof typeof assetUrls]
    expect(path).toMatch(/^\/assets\/[a-z-]+\.[0-9a-f]{16}\.\w+$/)
    expect(page).toContain(`"${path}"`)
    const { status, headers } = await browser().get(path)
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      ...securityHeaders,
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
  }
})

test('a file of another version has the content of this one and is not stored, and an unknown file is not found', async () => {
  const { browser } = await annLoggedIn()
  const get = async (path: string) => {
    const { status, headers, html } = await browser().get(path)
    return { status, cached: headers.get('cache-control'), type: headers.get('content-type'), html }
  }
  const ours = await get(assetUrls.css)
  expect(await get('/assets/app.00000000.css')).toEqual({ ...ours, cached: 'no-store' })
  expect((await get('/assets/session.0123456789abcdef.js')).cached).toBe('no-store')
  for (const name of ['other.00000000.css', 'app.css', 'app.0.css', 'app.xyzxyzxy.css', 'app.00000000.txt'])
    expect([name, (await get(`/assets/${name}`)).status]).toEqual([name, 404])
})

const unpack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  none: (bytes) => bytes,
}

test.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip;q=1, br;q=0.5', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br ; q=0.000, gzip', 'gzip'],
  ['br;q=0.001', 'br'],
  ['gzip;q=0', 'none'],
  ['zstd', 'none'],
  ['brotli', 'none'],
  ['', 'none'],
  [null, 'none'],
])(
  'a client that sends Accept-Encoding "%s" receives the whole stylesheet with encoding %s',
  async (accepted, coding) => {
    const { app } = await annLoggedIn()
    const fetch = (headers: Record<string, string>) =>
      app.handle(new Request(`http://localhost${assetUrls.css}`, { headers }))
    const [plain, answer] = [await fetch({}), await fetch(accepted === null ? {} : { 'accept-encoding': accepted })]
    expect(answer.headers.get('content-encoding') ?? 'none').toBe(coding)
    expect(answer.headers.get('vary')).toBe('Accept-Encoding')
    const text = new TextDecoder().decode(unpack[coding]?.(new Uint8Array(await answer.arrayBuffer())))
    expect(text).toBe(await plain.text())
  },
)

test('Content-Length equals the length of the sent body, and HEAD returns the same headers', async () => {
  const { deps } = await annLoggedIn()
  const server = assets(deps.config).listen({ hostname: 'localhost', port: 0 })
  const ask = (method: string, encoding: string) =>
    fetch(`${server.server?.url.origin}${assetUrls.js}`, {
      method,
      headers: { 'accept-encoding': encoding },
      decompress: false,
    })
  for (const encoding of ['br', 'gzip', 'identity']) {
    const [got, asked] = [await ask('GET', encoding), await ask('HEAD', encoding)]
    expect(got.headers.get('content-length')).toBe(`${(await got.arrayBuffer()).byteLength}`)
    const said = (answer: Response) =>
      Object.fromEntries([...answer.headers].filter(([name]) => !['date', 'connection'].includes(name)))
    expect(said(asked)).toEqual(said(got))
    expect((await asked.arrayBuffer()).byteLength).toBe(0)
  }
  await server.stop(true)
})

test('one stylesheet blocks rendering, and scripts are deferred', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  for (const [one, scripts] of [
    [browser(), [assetUrls.js]],
    [annsBrowser, [assetUrls.js, assetUrls.sessionJs]],
  ] as const) {
    const { html } = await one.get('/')
    expect([...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
      assetUrls.css,
    ])
    expect([...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(
      scripts.map((path) =>
        path === assetUrls.js
          ? `<script src="${path}" data-passkeys="${assetUrls.passkeysJs}" defer>`
          : `<script src="${path}" defer>`,
      ),
    )
  }
})

test('a first page load transfers at most 30 KiB, including headers', async () => {
  const { app } = await annLoggedIn()
  let bytes = 0
  for (const path of ['/', assetUrls.css, assetUrls.js, assetUrls.icon]) {
    const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' }
    const answer = await app.handle(new Request(`http://localhost${path}`, { headers }))
    const head = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
    bytes += head.length + (await answer.arrayBuffer()).byteLength
  }
  expect(bytes).toBeLessThan(30 * 1024)
})

test('assets are the same for every client, and they read and set no cookie', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const [hers, anybodys] = [await annsBrowser.get(assetUrls.js), await browser().get(assetUrls.js)]
  expect([hers.html, hers.set]).toEqual([anybodys.html, []])
})

test('pages load nothing from another origin', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const path of ['/', '/login', '/profile', assetUrls.css])
    expect((await annsBrowser.get(path)).html).not.toMatch(/(src|href)="(https?:)?\/\/|url\(["']?(https?:)?\/\//)
})

test('the favicon has the path that browsers request', async () => {
  const { browser } = await annLoggedIn()
  const { status, headers } = await browser().get('/favicon.ico')
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'image/x-icon',
    'public, max-age=86400',
  ])
})
