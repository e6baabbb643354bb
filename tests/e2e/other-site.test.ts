import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { dumpDatabase } from '../support/dump-database'
import { ann } from '../support/people'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

const browser = browserOfFile()

const heard: { path: string; referer: string | null }[] = []

/** Another site on this machine. Browsers send it our cookies if only the port differs. */
const openNeighbour = () =>
  Bun.serve({
    port: 0,
    fetch(request) {
      heard.push({ path: new URL(request.url).pathname, referer: request.headers.get('referer') })
      return new Response('<!doctype html><title>Neighbour</title><body>', { headers: { 'content-type': 'text/html' } })
    },
  })

/** A script that loads a URL in every way that browsers offer, and returns what it can observe. */
const learn = (address: string) => `(async () => {
  const element = (name, attributes) => new Promise((done) => {
    const one = Object.assign(document.createElement(name), attributes, { onload: () => done(name + ' load'), onerror: () => done(name + ' error') })
    document.body.append(one)
  })
  const asked = (how) => fetch('${address}', how).then((answer) => answer.type + answer.status, () => 'fetch error')
  const frame = document.createElement('iframe')
  frame.src = '${address}'
  document.body.append(frame)
  await new Promise((done) => { frame.onload = done })
  const reach = () => { try { return String(frame.contentWindow.length) + frame.contentDocument } catch { return 'unreachable' } }
  return [
    await asked({ credentials: 'include' }),
    await asked({ credentials: 'include', mode: 'no-cors' }),
    await asked({ credentials: 'include', mode: 'no-cors', redirect: 'manual' }),
    await element('img', { src: '${address}' }),
    await element('script', { src: '${address}' }),
    await element('link', { rel: 'stylesheet', href: '${address}' }),
    await element('video', { src: '${address}' }).catch(() => 'video'),
    reach(),
    performance.getEntriesByName('${address}').map(({ transferSize, encodedBodySize, nextHopProtocol, responseStatus }) => [transferSize, encodedBodySize, responseStatus].join()).join(';'),
  ]
})()`

describe.skipIf(!hasChromium).each(['localhost', '127.0.0.1'])('another site at %s', (name) => {
  let site: ListeningSite
  let page: Page
  let neighbour: ReturnType<typeof openNeighbour>
  const there = () => `http://${name}:${neighbour.port}`

  beforeEach(async () => {
    site = await openListeningSite()
    neighbour = openNeighbour()
    heard.length = 0
    ;({ page } = await openPage(await browser(), site))
  })

  afterEach(async () => {
    await page.context().close()
    await Promise.all([site.close(), neighbour.stop(true)])
  })

  async function logIn() {
    await logInWithoutForm(page, site)
    await page.goto('/profile')
  }

  test('a page of another site cannot detect a login, nor read, frame or run anything', async () => {
    const learned = async () => {
      await page.goto(there())
      const all = []
      for (const path of ['/profile', '/api/me', '/session']) all.push(await page.evaluate(learn(site.url + path)))
      return all
    }
    const byVisitor = await learned()
    await logIn()
    expect(await learned()).toEqual(byVisitor)
    expect(JSON.stringify(byVisitor)).not.toContain('load')
  })

  test('a page of another site cannot make a user send a form', async () => {
    await logIn()
    const before = await dumpDatabase(site)
    const forms: [path: string, fields: Record<string, string>][] = [
      ['/profile', { name: 'Mallory' }],
      ['/logout', {}],
      ['/settings/tokens', { name: 'x', scopes: 'profile:read' }],
      ['/settings/sessions/end-others', {}],
      ['/settings/password', { password: ann.password, new_password: 'seven humming llamas' }],
      ['/login', { email: 'eve@example.test', password: 'behind the arras' }],
      ['/session', {}],
    ]
    for (const [path, fields] of forms) {
      await page.goto(there())
      const sent = `fetch('${site.url}${path}', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(${JSON.stringify(fields)}) })`
      await page.evaluate(`${sent}.catch(() => 0)`)
      await page.evaluate(`{
        const form = Object.assign(document.createElement('form'), { method: 'post', action: '${site.url}${path}' })
        for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.append(Object.assign(document.createElement('input'), { name, value }))
        document.body.append(form)
        form.submit()
      }`)
      await page.waitForURL(`${site.url}${path}`)
      expect([path, (await page.content()).includes('Request blocked')]).toEqual([path, true])
    }
    expect(await dumpDatabase(site)).toEqual(before)
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
  })

  test('a page of another site loses its reference to a page it opened, and a link to it sends no referrer', async () => {
    await logIn()
    await page.goto(there())
    const [opened] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`void (window.opened = open('${site.url}/profile'))`),
    ])
    await opened.waitForSelector('h1')
    expect(await opened.evaluate('opener')).toBeNull()
    expect(await page.evaluate('opened.closed')).toBe(true)
    await opened.evaluate(`{
      const link = Object.assign(document.createElement('a'), { href: '${there()}/linked', textContent: 'x' })
      document.body.append(link)
      link.click()
    }`)
    await opened.waitForURL('**/linked')
    expect(heard.filter(({ path }) => path === '/linked')).toEqual([{ path: '/linked', referer: null }])
  })
})
