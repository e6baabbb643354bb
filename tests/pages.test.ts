import { expect, test } from 'bun:test'
import { createUser } from '@/model/users/users'
import { signupTest } from './support/features'
import { at, changes, routesOf } from './support/every-route'
import { openSite } from './support/site'

const HOSTILE = `<i>"'><img src=x onerror=alert(1)>&lt;&amp;{{7*7}}\${7*7}`

/** Every page for a visitor and for mallory, whose name, browser and input are markup. */
async function everyPage() {
  const { deps, app, browser } = await openSite({ FRESH_SECONDS: '1' })
  const mallory = { email: `'x{}&'@example.test`, name: HOSTILE, password: 'a hat too many' }
  const { id = '' } = (await createUser(deps, mallory, 'admin')) ?? {}
  const [visitor, user, stale] = [browser('<i>'), browser('<i>'), browser('<i>')]
  await user.post('/login', mallory)
  const paths = app.routes
    .filter(({ method, path }) => method === 'GET' && !/assets|favicon|stream/.test(path))
    .map(({ path }) => at({ path }, id))
  const pages = await Promise.all(
    [...paths, '/nowhere', `/${encodeURIComponent(HOSTILE)}`].flatMap((path) => [
      visitor.get(path),
      user.get(path),
      user.getHtmx(path),
    ]),
  )
  const typed = { email: HOSTILE, name: HOSTILE, password: HOSTILE, new_password: HOSTILE, remember: HOSTILE }
  await user.post('/settings/tokens', { name: HOSTILE, scopes: 'profile:read' })
  pages.push(await user.get('/settings/tokens'), await user.get(`/admin/users?q=${encodeURIComponent(HOSTILE)}`))
  const forms = routesOf(app).filter(
    (one) => changes(one) && one.fields.length > 0 && !/^\/(api|resume)\b/.test(one.path),
  )
  for (const path of forms.map((one) => at(one, id)))
    pages.push(await visitor.post(path, typed), await user.post(path, typed), await user.postHtmx(path, typed))
  for (const next of [HOSTILE, `/"><i>`]) pages.push(await visitor.get(`/login?next=${encodeURIComponent(next)}`))
  await stale.post('/login', mallory)
  pages.push(await stale.get('/relogin?next=/%22%3E%3Ci%3E'), await stale.post('/relogin', typed))
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

test('every form that htmx sends works without htmx', async () => {
  const forms = (await everyPage()).flatMap(({ html }) => html.match(/<form[^>]*>/g) ?? [])
  expect(forms.length).toBeGreaterThan(20)
  for (const form of forms)
    expect(form).toMatch(
      /^<form( class="hint")? method="post" action="([^"]*)"( hx-post="\2".*)?>$|^<form method="get" action="[^"]*" class="search">$/,
    )
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
