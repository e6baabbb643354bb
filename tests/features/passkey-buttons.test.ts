import { expect, test } from 'bun:test'
import { signupTest } from '../support/features'
import { ann, annAndEve } from '../support/people'
import { zoe } from '../support/sign-up-with-passkey'
import { openSite } from '../support/site'

const loginPageAt = async (url: string, env: Record<string, string>) =>
  (await (await openSite(env)).app.handle(new Request(`${url}/login`))).text()

test('the login page offers passkeys in the list of the email field and by a button that scripts show', async () => {
  const html = await loginPageAt('http://localhost', {})
  expect(html).toContain('autocomplete="username webauthn"')
  expect(html).toMatch(/<form method="post" action="\/login\/passkey"[^>]* hidden [^>]*data-passkey="/)
  expect(html).toContain('Passkeys require JavaScript. Log in with your password instead.')
})

test('the login page has no challenge, so that it is the same for everyone', async () => {
  const { browser } = await openSite()
  const [once, again] = [await browser().get('/login'), await browser().get('/login')]
  expect(once.html).toBe(again.html)
  expect(once.html).toContain('data-passkey="" data-options-path="/login/passkey"')
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

signupTest('the sign-up page has a button for passkeys, whose form takes the address and the name', async () => {
  const { app } = await openSite()
  const html = await (await app.handle(new Request('http://localhost/signup'))).text()
  const form = /<form method="post" action="\/signup"[^>]* hidden .*?<\/form>/.exec(html)?.[0] ?? ''
  expect(form).toContain('Sign up with a passkey')
  for (const name of ['email', 'name']) expect(form).toContain(`<input type="hidden" name="${name}" data-same/>`)
  const handle = /name="user_handle" value="([^"]*)"/.exec(form)?.[1]
  expect(form).toContain(`&quot;user&quot;:{&quot;id&quot;:&quot;${handle}&quot;`)
})

signupTest('a passkey of a sign-up that fails is removed from the browser', async () => {
  const { browser } = await annAndEve()
  const page = await browser().post('/signup', { ...zoe, email: ann.email, attestation: '{}', user_handle: 'x' })
  expect([page.status, page.html.includes('data-unknown')]).toEqual([422, true])
  const withPassword = await browser().post('/signup', { ...zoe, password: 'short' })
  expect([withPassword.status, withPassword.html.includes('data-unknown')]).toEqual([422, false])
})
