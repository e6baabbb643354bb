import { expect, test } from 'bun:test'
import { openSite } from '../../support/site'

async function ask(appUrl: string, url: string, host = new URL(url).host) {
  const { app } = await openSite({ APP_URL: appUrl })
  return app.handle(new Request(url, { headers: { host } }))
}

test.each(['http://a', 'http://a.b', 'http://nas', 'http://a:1', 'http://name'])(
  'pages are found with the short host %s',
  async (appUrl) => {
    expect((await ask(appUrl, `${appUrl}/login`)).status).toBe(200)
    expect((await ask(appUrl, `${appUrl}/login?next=/nowhere`)).status).toBe(200)
    expect((await ask(appUrl, `${appUrl}/xyz/login`)).status).toBe(404)
  },
)

test('a short foreign host cannot hide a page in the query of another path', async () => {
  expect((await ask('http://localhost', 'http://a/healthz?/login')).status).toBe(404)
})

test('a short foreign host returns 421, like every foreign host', async () => {
  expect((await ask('http://localhost', 'http://app/login')).status).toBe(421)
})

test('a request without a host cannot hide a page in the query of another path', async () => {
  const { app } = await openSite()
  const request = new Request('http://localhost/healthz')
  Object.defineProperty(request, 'url', { value: '/healthz?page=/login' })
  expect((await app.handle(request)).status).toBe(404)
})
