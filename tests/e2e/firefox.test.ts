import { expect, test } from 'bun:test'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { inFirefox } from './firefox'

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
const BLOCK_ALL_COOKIES = 2

for (const hasScripts of [true, false]) {
  const scripts = `${hasScripts ? 'with' : 'without'} scripts`

  inFirefox(`in Firefox ${scripts}`, { 'javascript.enabled': hasScripts }, (its) => {
    signupTest('a user signs up, logs in, edits the profile and logs out', async () => {
      const { goto, fill, submit, click, see, text, path } = its()
      await goto('/signup')
      for (const [id, value] of Object.entries(abe)) await fill(`#${id}`, value)
      await submit()
      await see('#flash', 'Account created. Please log in.')
      expect(await path()).toBe('/login')
      await fill('#email', abe.email)
      await fill('#password', abe.password)
      await submit()
      await see('h1', 'Welcome, Abe!')
      expect(await text('#flash')).toBe('Logged in successfully.')
      await fill('#name', 'Abraham')
      await submit()
      await see('h1', 'Welcome, Abraham!')
      expect(await text('#flash')).toBe('Your profile has been saved.')
      await click('nav form button')
      await see('#flash', 'You have been logged out.')
      expect(await path()).toBe('/')
    })

    signupTest('an email address with a typed international domain is accepted', async () => {
      const { goto, fill, submit, see } = its()
      const email = 'new3@bücher.example' // Firefox sends it as typed
      await goto('/signup')
      for (const [id, value] of Object.entries({ ...abe, email })) await fill(`#${id}`, value)
      await submit()
      await see('#flash', 'Account created. Please log in.')
      await fill('#email', email)
      await fill('#password', abe.password)
      await submit()
      await see('h1', 'Welcome, Abe!')
      await goto('/dashboard')
      await see('h1', 'Welcome back, Abe')
    })
  })

  const blocked = { 'javascript.enabled': hasScripts, 'network.cookie.cookieBehavior': BLOCK_ALL_COOKIES }
  inFirefox(`in Firefox ${scripts} and with blocked cookies`, blocked, (its) => {
    test('the login page asks once to allow cookies after a login with the right password', async () => {
      const { goto, fill, submit, see, text, path } = its()
      await goto('/dashboard')
      expect(await text('#flash')).toBe('')
      await fill('#email', ann.email)
      await fill('#password', ann.password)
      await submit()
      await see('#flash', 'Your browser blocks cookies. Allow cookies for this site to log in.')
      expect(await path()).toBe('/login?next=%2Fdashboard')
      await goto('/login?next=%2Fdashboard')
      expect(await text('#flash')).toBe('')
    })
  })
}
