import { expect, test } from 'bun:test'
import { openSite } from '../support/site'

const loginPageAt = async (url: string, env: Record<string, string>) =>
  (await (await openSite(env)).app.handle(new Request(`${url}/login`))).text()

test('the login page offers passkeys in the list of the email field and by a button that scripts show', async () => {
  const html = await loginPageAt('http://localhost', {})
  expect(html).toContain('autocomplete="username webauthn"')
  expect(html).toMatch(/<form method="post" action="\/login\/passkey"[^>]* hidden [^>]*data-passkey="/)
  expect(html).toContain('Passkeys require JavaScript. Log in with your password instead.')
})

test('on another name of the same computer the login page names the address where passkeys work', async () => {
  const html = await loginPageAt('http://127.0.0.1:3000', { APP_URL: 'http://localhost:3000' })
  expect(html).toContain('Passkeys work at <a href="http://localhost:3000">http://localhost:3000</a>.')
  expect(html).not.toContain('/login/passkey')
})

test.each(['http://127.0.0.1', 'http://[::1]'])('at %s the login page has no button for passkeys', async (APP_URL) => {
  const html = await loginPageAt(APP_URL, { APP_URL })
  expect(html).not.toContain('asskey work')
  expect(html).not.toContain('/login/passkey')
  expect(html).toContain('autocomplete="username" ')
})
