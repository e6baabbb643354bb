import { expect, test } from 'bun:test'
import { ann, annLoggedIn } from '../support/people'
import { openSite } from '../support/site'

const NAME = 'Latchkey'

test('every document has the name of the product in its title and in its header', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  for (const page of [
    await annsBrowser.get('/profile'),
    await browser().get('/login'),
    await browser().get('/nowhere'),
  ]) {
    expect(page.html).toMatch(new RegExp(`<title>[^<]+ · ${NAME}</title>`))
    expect(
      page.html
        .match(/<a class="brand"[^]*?<\/a>/)?.[0]
        .replaceAll(/<[^>]*>/g, '')
        .trim(),
    ).toBe(NAME)
  }
})

test('the API documentation has the name of the product', async () => {
  const { browser } = await openSite()
  expect(JSON.parse((await browser().get('/api/openapi.json')).html).info.title).toBe(NAME)
})

test.each(['latchkey1234', 'Latchkey Latchkey', 'latchkeylatchkey', 'latchkey annabel'])(
  'the password %j is refused because it contains the name of the product',
  async (password) => {
    const { browser } = await openSite()
    const { status, html } = await browser().post('/signup', { email: ann.email, name: 'Annabel', password })
    expect(status).toBe(422)
    expect(html).toMatch(/<small id="password-error"[^>]*>[^<]+<\/small>/)
  },
)

test('the site is called Latchkey, and its API tokens begin with lk_', async () => {
  const { deps, browser } = await openSite()
  expect(deps.config.branding.tokenPrefix).toBe('lk_')
  const { html } = await browser().get('/')
  expect(html).toContain('<title>Home · Latchkey</title>')
  expect(html).toContain('<h1>Latchkey</h1>')
})
