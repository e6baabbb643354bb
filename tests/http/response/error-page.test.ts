import { expect, test } from 'bun:test'
import { adminTest } from '../../support/features'
import { annLoggedIn } from '../../support/people'

test('an error page leads back to the page of this site that the user came from, and else to the home page', async () => {
  const { annsBrowser } = await annLoggedIn()
  const backOf = async (referer: string) =>
    /<a [^>]*>Back</.exec((await annsBrowser.get('/no-such-page', { referer })).html)?.[0]
  const known = '<a href="/settings?a=1&amp;b=2" class="button secondary">Back<'
  const unknown = '<a href="/" class="button secondary" data-back>Back<'
  expect(await backOf('http://localhost/settings?a=1&b=2')).toBe(known)
  expect(await backOf('http://evil.test/settings')).toBe(unknown)
  expect(await backOf('http://localhost//evil.test')).toBe(unknown)
  expect(await backOf('http://localhost/no-such-page?again')).toBe(unknown) // it would lead to the same error
  expect((await annsBrowser.get('/no-such-page')).html).toContain('>Home</a>')
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
