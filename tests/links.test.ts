import { expect, test } from 'bun:test'
import { matchesPath } from '@/http/request/route-table'
import { at, isPublic, routesOf } from './support/every-route'
import { annAsAdmin } from './support/roles'

test('every link and every form of every page leads to an address of the app', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const routes = routesOf(site.app)
  const pages = routes.filter(({ method, path }) => method === 'GET' && !/assets|favicon|stream|^\/probe/.test(path))
  const found = new Map<string, string>()
  for (const route of pages)
    for (const browser of isPublic(route) ? [site.browser(), site.anns] : [site.anns, site.eves]) {
      const page = at(route, site.users.sue.id)
      const { html, headers } = await browser.copy().get(page)
      if (!headers.get('content-type')?.startsWith('text/html')) continue
      for (const [, method = 'GET', to = ''] of addressesIn(html)) found.set(`${method} ${to}`, page)
    }
  expect(found.size).toBeGreaterThan(15)
  const dead = [...found].filter(([address]) => {
    const [method, path = ''] = address.split(' ')
    return !routes.some((route) => route.method === method && matchesPath(route.path, path))
  })
  expect(dead).toEqual([])
})

/** The method, for a form, and the path of each. */
function addressesIn(html: string) {
  const links = [...html.matchAll(/<a [^>]*?href="(\/[^"?#]*)/g)].map(([, to]) => ['', 'GET', to])
  const forms = [...html.matchAll(/<form [^>]*?method="(\w+)" action="(\/[^"?#]*)/g)].map(([, method = '', to]) => [
    '',
    method.toUpperCase(),
    to,
  ])
  return [...links, ...forms]
}
