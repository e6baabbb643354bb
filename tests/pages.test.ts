import { expect, test } from 'bun:test'
import { createUser } from '@/model/users/users'
import { signupTest } from './support/features'
import { at, isDocument, isForm, pathsIn, routesOf, type Route } from './support/every-route'
import { openSite } from './support/site'

const HOSTILE = `<i>"'><img src=x onerror=alert(1)>&lt;&amp;{{7*7}}\${7*7}`

/** Every page for a visitor and for mallory, whose name, browser and input are markup. */
async function everyPage() {
  const { deps, app, browser } = await openSite({ FRESH_SECONDS: '1', MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const mallory = { email: `'x{}&'@example.test`, name: HOSTILE, password: 'a hat too many' }
  const { id = '' } = (await createUser(deps, mallory, 'admin')) ?? {}
  const [visitor, user, stale] = [browser('<i>'), browser('<i>'), browser('<i>')]
  await user.post('/login', mallory)
  const routes = routesOf(app)
  const paths = routes.filter(isDocument).map((route) => at(route, id))
  const typed = ({ fields }: Pick<Route, 'fields'>) =>
    Object.fromEntries(fields.map((name): [string, string] => [name, HOSTILE]))
  await user.post('/settings/tokens', { name: HOSTILE, scopes: 'profile:read' })
  const pages = []
  for (const form of routes.filter(isForm))
    for (const ask of [visitor.post, user.post, user.postHtmx]) pages.push(await ask(at(form, id), typed(form)))
  for (const path of [...paths, '/nowhere', `/${encodeURIComponent(HOSTILE)}`])
    pages.push(await visitor.get(path), await user.get(path), await user.getHtmx(path))
  pages.push(await user.get(`/admin/users?q=${encodeURIComponent(HOSTILE)}`))
  const linked = new Set(pages.flatMap(({ html }) => pathsIn(html)).filter((path) => !paths.includes(path)))
  for (const path of linked) pages.push(await user.get(path))
  for (const next of [HOSTILE, `/"><i>`]) pages.push(await visitor.get(`/login?next=${encodeURIComponent(next)}`))
  await stale.post('/login', mallory)
  pages.push(await stale.get('/relogin?next=/%22%3E%3Ci%3E'), await stale.post('/relogin', { password: HOSTILE }))
  return pages.filter(({ headers }) => headers.get('content-type')?.startsWith('text/html'))
}

signupTest('typed text is never markup and returns unchanged', async () => {
  const pages = (await everyPage()).map(({ html }) => html)
  expect(pages.filter((html) => html.includes('&lt;i&gt;')).length).toBeGreaterThan(10)
  expect(
    pages.filter((html) => /<i>|<img|"'>|onerror=alert\(1\)>|\$\{49|\{\{49/.test(html.replaceAll('&lt;', ''))),
  ).toEqual([])
  const signup = pages.find((html) => html.includes('<h1>Sign Up</h1>') && html.includes('7*7')) ?? ''
  const value = /<input id="name"[^>]* value="([^"]*)"/.exec(signup)?.[1] ?? ''
  const named = { lt: '<', gt: '>', quot: '"', amp: '&' }
  const decoded = value.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name: keyof typeof named) =>
    name ? named[name] : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  )
  expect(decoded).toBe(HOSTILE)
})

const attributeOf = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]

test('every form that htmx sends works without htmx', async () => {
  const forms = (await everyPage()).flatMap(({ html }) => html.match(/<form[^>]*>/g) ?? [])
  expect(forms.length).toBeGreaterThan(20)
  for (const form of forms) {
    const [method, action, sentByHtmx] = ['method', 'action', 'hx-post'].map((name) => attributeOf(form, name))
    expect([form, method]).toEqual([form, expect.stringMatching(/^(post|get)$/)])
    expect([form, action]).toEqual([form, expect.stringMatching(/^\//)])
    expect([form, sentByHtmx ?? action]).toEqual([form, action])
  }
})

test('every htmx form sends once, disables its button and uses our error handling', async () => {
  const forms = (await everyPage()).flatMap(({ html }) => html.match(/<form[^>]* hx-post[^>]*>/g) ?? [])
  for (const form of forms)
    expect(form).toContain('hx-target="#main" hx-sync="this:drop" hx-disable="find button[type=submit]" novalidate')
})

test('every page has a language, a title, one main heading and a skip link', async () => {
  for (const { html } of (await everyPage()).filter(({ html }) => html.startsWith('<!doctype html>'))) {
    expect(html).toContain('<html lang="en">')
    expect(html).toMatch(/<title>[^<]+ · [^<]+<\/title>/)
    expect(html.replace(/<template[^]*?<\/template>/g, '').match(/<h1[ >]/g)).toHaveLength(1)
    expect(html).toContain('<a class="skip" href="#main">')
  }
})

test('no response contains a typed password', async () => {
  for (const { html } of await everyPage()) expect(html).not.toMatch(/<input[^>]*type="password"[^>]*value=/)
})

test('no page contains a hash, a token or an internal number', async () => {
  for (const { html } of await everyPage()) expect(html).not.toMatch(/argon2|token_hash|password_hash|password_version/)
})
