import { expect, test } from 'bun:test'
import { signupTest } from '../support/features'
import { text } from './chromium'
import { withScriptsAndWithout } from './stories'

const PASSWORD = 'five boxing wizards'
const STORED = 'new3@xn--bcher-kva.example'
const READABLE = 'new3@bücher.example'

withScriptsAndWithout((its) => {
  signupTest('a user with other letters in the domain signs up and logs in', async () => {
    const { page, site, logIn } = its()
    await page.goto('/signup')
    for (const [id, value] of Object.entries({ email: READABLE, name: 'Ada', password: PASSWORD }))
      await page.fill(`#${id}`, value)
    await page.click('main form button[type=submit]')
    await page.waitForURL('**/login')
    const rows = site.deps.db.selectFrom('users').select('email').where('name', '=', 'Ada')
    expect(await rows.execute()).toEqual([{ email: STORED }])
    // Firefox sends the address as typed.
    expect((await site.browser().post('/login', { email: READABLE, password: PASSWORD })).status).toBe(303)

    await logIn({ email: READABLE, name: 'Ada', password: PASSWORD })
    expect(await page.inputValue('#email')).toBe(STORED) // the value that password managers compare
  })

  test('an address with copied invisible characters around it logs in', async () => {
    const { page, site, logIn } = its()
    const email = '\u202A\u200Bann@example.test\u00A0\u202C'
    await logIn({ email, name: 'Ann', password: 'correct horse battery' })
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
    expect(site.events.map(({ kind }) => kind)).not.toContain('login-failed')
  })
})
