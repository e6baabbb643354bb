import { expect, test } from 'bun:test'
import { openSite } from '../support/site'

test('the site is called Latchkey, and its API tokens begin with lk_', async () => {
  const { deps, browser } = await openSite()
  expect(deps.config.branding.tokenPrefix).toBe('lk_')
  const { html } = await browser().get('/')
  expect(html).toContain('<title>Home · Latchkey</title>')
  expect(html).toContain('<h1>Latchkey</h1>')
})
