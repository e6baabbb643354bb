import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createEmptyDatabase, testServer } from '../support/databases'
import { signupTest } from '../support/features'
import { eve } from '../support/people'
import { followLog, start, stopStarted } from '../support/process'
import { installedProxies, startBehind, type Proxy } from '../support/proxies'
import { read } from '../support/stream'
import { browserOfFile, hasChromium, openPage, text } from './chromium'

// Two nodes on one PostgreSQL database behind a proxy that sends each request to any of them. Only with TEST_POSTGRES.
setDefaultTimeout(60_000)

const chromium = browserOfFile()
const proxies = testServer ? installedProxies : []

const configs: Record<string, string> = {
  nginx: `
    upstream my-app { server 127.0.0.1:3000 max_fails=0; }
    server {
      listen 443 ssl;
      server_name app.example;
      ssl_certificate /etc/fullchain.pem;
      ssl_certificate_key /etc/privkey.pem;
      location / {
        proxy_pass http://my-app;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      }
    }`,
  caddy: 'app.example {\n reverse_proxy 127.0.0.1:3000\n}',
}

async function startNodes(name: string, proxy: Proxy) {
  const shared = { DATABASE_URL: await createEmptyDatabase(testServer ?? ''), SECRET_KEYS: 'A'.repeat(43) }
  const startNode = async (env: Record<string, string>) => {
    const { server, settings } = start({ ...env, ...shared, DATABASE_POOL: '3' })
    const { lines, logged } = followLog(server)
    await logged('listening on')
    return { port: settings.PORT, countRequests: () => lines.filter(({ msg }) => msg === 'request').length }
  }
  return startBehind(proxy, configs[name] ?? '', startNode, 2)
}

describe.each(proxies)('two nodes behind %s', (name, proxy) => {
  let running: Awaited<ReturnType<typeof startNodes>>
  beforeAll(async () => void (running = await startNodes(name, proxy)))
  afterAll(stopStarted)

  signupTest.each(
    hasChromium
      ? [
          ['with scripts', true, 'abe@example.test'],
          ['without scripts', false, 'abi@example.test'],
        ]
      : [],
  )('a user signs up, logs in, edits the profile and logs out, %s', async (_, javaScriptEnabled, email) => {
    const abe = { email, name: 'Abe', password: 'five boxing wizards' }
    const { origin, nodes } = running
    const options = { javaScriptEnabled, ignoreHTTPSErrors: true }
    const { context, page, complaints } = await openPage(await chromium(), { url: origin }, options)
    const send = () => page.click('main form:has(input:not([type=hidden])) button[type=submit]')

    await page.goto('/signup')
    for (const [id, value] of Object.entries(abe)) await page.fill(`#${id}`, value)
    await send()
    await page.waitForURL('**/login')
    await page.fill('#email', abe.email)
    await page.fill('#password', abe.password)
    await send()
    await page.waitForURL('**/profile')
    expect(await text(page, '#flash')).toBe('Logged in successfully.')
    for (const name of ['Abraham', 'Abe Lee']) {
      await page.fill('#name', name)
      await send()
      await page.waitForSelector(`h1:has-text("Welcome, ${name}!")`)
      await page.reload()
      expect(await text(page, 'h1')).toBe(`Welcome, ${name}!`)
    }
    await page.goto('/settings/password')
    await page.fill('#password', abe.password)
    await page.fill('#new_password', 'correct horse battery')
    await send()
    await page.waitForURL('**/settings')
    expect(await text(page, '#flash')).toBe('Your password has been changed.')
    await page.click('nav >> text=Logout')
    await page.waitForURL('**/')
    await page.goto('/profile')
    expect(await text(page, 'h1')).toStartWith('Log')
    await context.close()
    expect(complaints).toEqual([])
    for (const { countRequests } of nodes) expect(countRequests()).toBeGreaterThan(5)
  })

  signupTest('the end of all other sessions on one node ends the pages and the streams on both', async () => {
    const { origin, nodes, ask, browser } = running
    const [laptop, phone] = [browser(), browser()]
    await laptop.post('/signup', { ...eve, name: 'Eve' })
    for (const one of [laptop, phone]) expect((await one.post('/login', eve)).to).toBe('/profile')
    /** Past the proxy. */
    const askAll = (path: string) => {
      const cookie = [...laptop.jar].map(([key, value]) => `${key}=${value}`).join('; ')
      const headers = { cookie, host: new URL(origin).host, 'user-agent': laptop.userAgent }
      return Promise.all(nodes.map(({ port }) => ask(new Request(`http://127.0.0.1:${port}${path}`, { headers }))))
    }
    const responses = await askAll('/session/stream')
    const streams = responses.map(({ body }) => read(body?.pipeThrough(new TextDecoderStream())))
    for (const stream of streams) expect(await stream.next()).toMatchObject({ event: 'connected' })
    expect((await phone.post('/settings/sessions/end-others')).to).toBe('/settings/sessions')
    expect((await askAll('/profile')).map(({ status }) => status)).toEqual([303, 303])
    for (const stream of streams) {
      let message = await stream.next()
      while (message.event === 'security-event') message = await stream.next()
      expect(message).toEqual({ event: 'session-ended', data: { reason: 'revoked' } })
    }
  })
})

test('the tests of two nodes run wherever there are PostgreSQL and a proxy', () => {
  expect(proxies.length > 0).toBe(testServer !== undefined && installedProxies.length > 0)
})
