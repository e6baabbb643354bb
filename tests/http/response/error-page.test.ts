import { expect, test } from 'bun:test'
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
