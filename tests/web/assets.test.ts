import { expect, test } from 'bun:test'
import { files } from '@/web/assets'
import { baseline } from '@/web/headers'
import { annLoggedIn } from '../support/people'

test('the files of a page are named by their content and kept for ever', async () => {
  const { browser } = await annLoggedIn()
  const types = {
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    icon: 'image/svg+xml; charset=utf-8',
    touchIcon: 'image/png',
  }
  const page = (await browser().get('/')).html
  for (const [kind, type] of Object.entries(types)) {
    const path = files[kind as keyof typeof files]
    expect(path).toMatch(/^\/assets\/[a-z-]+\.[0-9a-f]{16}\.\w+$/)
    expect(page).toContain(`"${path}"`)
    const { status, headers } = await browser().get(path)
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      ...baseline,
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
  }
})

test('text is packed for those who can unpack it', async () => {
  const { app } = await annLoggedIn()
  const fetch = (encoding: string) =>
    app.handle(new Request(`http://localhost${files.css}`, { headers: { 'accept-encoding': encoding } }))
  const [packed, plain] = [await fetch('br, gzip'), await fetch('identity')]
  expect([packed.headers.get('content-encoding'), plain.headers.get('content-encoding')]).toEqual(['gzip', null])
  expect(new TextDecoder().decode(Bun.gunzipSync(await packed.arrayBuffer()))).toBe(await plain.text())
})

test('they are the same for everybody, and no cookie is looked at or set', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const [hers, anybodys] = [await annsBrowser.get(files.js), await browser().get(files.js)]
  expect([hers.html, hers.set]).toEqual([anybodys.html, []])
})

test('nothing is fetched from anywhere else', async () => {
  const { annsBrowser } = await annLoggedIn()
  for (const path of ['/', '/login', '/profile', files.css])
    expect((await annsBrowser.get(path)).html).not.toMatch(/(src|href)="(https?:)?\/\/|url\(["']?(https?:)?\/\//)
})

test('the favicon is found where browsers look for it', async () => {
  const { browser } = await annLoggedIn()
  const { status, headers } = await browser().get('/favicon.ico')
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'image/x-icon',
    'public, max-age=86400',
  ])
})
