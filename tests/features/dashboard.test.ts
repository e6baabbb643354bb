import { expect, test } from 'bun:test'
import { annLoggedIn, annRemembered } from '../support/people'

test('the dashboard shows the account and both limits of the session', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { html } = await annsBrowser.get('/dashboard')
  for (const shown of [
    '<dd>Ann</dd>',
    '<dd>ann@example.test</dd>',
    '<dd>5 minutes of inactivity</dd>',
    '<dd>password</dd>',
    '<dd>no</dd>',
    '<dd><time datetime="2030-01-01T12:00:00.000Z">Jan 1, 2030, 12:00 PM UTC</time></dd>',
    '<dd><time datetime="2030-01-02T00:00:00.000Z">Jan 2, 2030, 12:00 AM UTC</time></dd>',
  ])
    expect(html).toContain(shown)
})

test('the dashboard says that the session started with remember me', async () => {
  const { annsBrowser } = await annRemembered()
  const { html } = await annsBrowser.get('/dashboard')
  expect(html).toContain('<dd>Remember me</dd>')
  expect(html).toContain('<dd>yes</dd>')
})
