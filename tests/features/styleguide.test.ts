import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { annLoggedIn } from '../support/people'
import { openSite } from '../support/site'

const paths = ['/styleguide', '/styleguide/confirmation']

test('visitors and users see the style guide and its confirmation outside of production', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  for (const one of [browser(), annsBrowser]) for (const path of paths) expect((await one.get(path)).status).toBe(200)
})

test('the style guide does not exist in production', async () => {
  const { browser } = await openSite({ NODE_ENV: 'production', APP_URL: 'https://app.test' })
  for (const path of paths) {
    const { status, html } = await browser().get(path)
    expect(status).toBe(404)
    expect(html).not.toContain('Style guide')
  }
})

test('the style guide shows every color, space and icon, and each id once', async () => {
  const { html } = await (await openSite()).browser().get('/styleguide')
  const theme = readFileSync('public/styles/theme.css', 'utf8')
  const [colors] = theme.split('--veil')
  for (const [, name] of `${colors}`.matchAll(/^ {2}(--[\w-]+):/gm)) expect(html).toContain(`fill="var(${name})"`)
  for (const [, name] of theme.matchAll(/^ {2}(--s\d):/gm)) expect(html).toContain(`width="var(${name})"`)
  const ids = Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)
  expect(ids).toEqual([...new Set(ids)])
})

test('the example form returns with an error for each field, and keeps what was typed', async () => {
  const visitor = (await openSite()).browser()
  const { status, html } = await visitor.post('/styleguide', { text: '<b>', number: '0', select: 'plum' })
  expect(status).toBe(422)
  expect(html).toContain('value="&lt;b&gt;"')
  expect(html).toContain('<option value="plum" selected>')
  expect(html).toMatch(/<input id="text"[^>]* autofocus[^>]* aria-invalid="true" aria-describedby="text-error"/)
})

test('the example confirmation returns to the style guide', async () => {
  const { to } = await (await openSite()).browser().post('/styleguide/confirmation', {})
  expect(to).toBe('/styleguide')
})
