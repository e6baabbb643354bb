import { expect, test } from 'bun:test'
import { adminTest } from '../../support/features'
import { annLoggedIn } from '../../support/people'

test('an error page leads back to the page of this site that the user came from, and to no other', async () => {
  const { annsBrowser } = await annLoggedIn()
  const backOf = async (referer: string, path = '/no-such-page') =>
    />Back</.test((await annsBrowser.get(path, { referer })).html)
  expect((await annsBrowser.get('/no-such-page', { referer: 'http://localhost/settings?a=1&b=2' })).html).toContain(
    '<a href="/settings?a=1&amp;b=2" class="button secondary">Back</a>',
  )
  expect(await backOf('http://evil.test/settings')).toBe(false)
  expect(await backOf('http://localhost//evil.test')).toBe(false)
  expect(await backOf('http://localhost/no-such-page?again')).toBe(false) // it would lead to the same error
})

adminTest('an access denial in the account keeps its menu, and names the user and a way to get access', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { status, html } = await annsBrowser.get('/admin/users')
  expect(status).toBe(403)
  for (const part of ['<h1>Access denied</h1>', 'Error 403', 'You are logged in as <bdi>Ann</bdi>.'])
    expect(html).toContain(part)
  expect(html).toContain('Ask an administrator if you need access.')
  expect(html).toContain('<nav class="side" aria-label="Account menu">')
  expect(html).not.toContain('href="/admin/users"')
})

test('a page that does not exist has the account menu only inside of the account', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const hasMenu = ({ html }: { html: string }) => html.includes('aria-label="Account menu"')
  expect([hasMenu(await annsBrowser.get('/settings/nowhere')), hasMenu(await annsBrowser.get('/nowhere'))]).toEqual([
    true,
    false,
  ])
  expect(hasMenu(await browser().get('/settings/nowhere'))).toBe(false)
})
