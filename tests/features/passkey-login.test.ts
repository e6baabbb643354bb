import { expect, test } from 'bun:test'
import { annWithPasskey, assertionFor, logInWithPasskey } from '../support/passkeys'

const SENTENCE = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'

test('a passkey logs in without a second step', async () => {
  const { browser, passkey } = await annWithPasskey()
  const anns = browser()
  const answer = await logInWithPasskey(anns, passkey, { next: '/dashboard' })
  expect([answer.status, answer.to]).toEqual([303, '/dashboard'])
  const page = await anns.get('/profile')
  expect(page.html).toContain('Welcome, Ann!')
  expect(page.html).toContain('Logged in successfully.')
})

test('an assertion that was used is refused', async () => {
  const { browser, passkey } = await annWithPasskey()
  const assertion = await assertionFor(browser(), passkey)
  expect((await browser().post('/login/passkey', { assertion })).status).toBe(303)
  const again = await browser().post('/login/passkey', { assertion })
  expect([again.status, again.html]).toEqual([422, expect.stringContaining(SENTENCE)])
})
