import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { inFirefox } from './firefox'
import { things } from './things'

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
const BLOCK_ALL_COOKIES = 2
const EMAIL = '() => document.querySelector("#email").value'
const FOCUSED = '() => document.activeElement.id' // a headless Firefox has no `:focus`

for (const hasScripts of [true, false]) {
  const scripts = `${hasScripts ? 'with' : 'without'} scripts`

  inFirefox(
    `in Firefox ${scripts}`,
    { 'javascript.enabled': hasScripts },
    (its) => {
      signupTest('a user signs up, logs in, edits the profile, chooses a theme and logs out', async () => {
        const { goto, fill, submit, click, see, wait, text, path, run } = its()
        await goto('/signup')
        for (const [id, value] of Object.entries(abe)) await fill(`#${id}`, value)
        await submit()
        await see('#flash', 'Account created. Please log in.')
        expect(await path()).toBe('/login')
        if (hasScripts) await wait(EMAIL, abe.email)
        else await fill('#email', abe.email)
        await fill('#password', abe.password)
        await submit()
        await see('h1', 'Welcome, Abe!')
        expect(await text('#flash')).toBe('Logged in successfully.')
        await fill('#name', 'Cleo Lane')
        await submit()
        await see('h1', 'Welcome, Cleo Lane!')
        expect(await text('#flash')).toBe('Your profile has been saved.')
        expect(await text('#account-link')).toMatch(/^CL\s*Cleo Lane$/)
        await click('main form[action="/profile/theme"] [value=dark]')
        await click('main form[action="/profile/theme"] button')
        await see('#flash', 'Your theme has been saved.')
        expect(await run('() => getComputedStyle(document.documentElement).colorScheme')).toBe('dark')
        await goto('/dashboard')
        expect(await text('main')).toContain('Cleo')
        await goto('/settings/sessions')
        expect(await text('main')).toContain('Firefox on')
        await click('nav form button')
        await see('#flash', 'You have been logged out.')
        expect(await path()).toBe('/')
      })

      if (hasScripts)
        test('a confirmation opens in a dialog, and an expired session asks for the password over a half-typed form', async () => {
          const { site, goto, fill, submit, click, see, wait, run } = its()
          await goto('/login?next=/things')
          await fill('#email', ann.email)
          await fill('#password', ann.password)
          await submit()
          await see('h1', 'Things')
          await click('a[href="/things/one/delete"]')
          await see('#page-dialog[open] h1', 'Delete one?')
          await click('#page-dialog [data-close]')
          await see('#page-dialog:not([open])', '')
          await click('a[href="/things/one/delete"]')
          await see('#page-dialog[open] h1', 'Delete one?')
          await click('#page-dialog button[type=submit]')
          await see('#flash', 'Your profile has been saved.')
          await wait(FOCUSED, 'flash')
          expect(await run('() => document.querySelectorAll("a[data-dialog]").length')).toBe('1')
          await goto('/profile')
          await fill('#name', 'Half typed')
          site.advance(minutes(5))
          await submit()
          await fill('#relogin-dialog[open] #relogin-password', ann.password)
          await click('#relogin-form button[type=submit]')
          await see('h1', 'Welcome, Half typed!')
          await see('#flash', 'Your profile has been saved.')
          await wait(FOCUSED, 'flash')
        })

      signupTest(
        'an email address with a typed international domain is accepted and shown in readable form',
        async () => {
          const { goto, fill, submit, see, wait } = its()
          const email = 'new3@bücher.example' // Firefox sends it as typed
          await goto('/signup')
          for (const [id, value] of Object.entries({ ...abe, email })) await fill(`#${id}`, value)
          await submit()
          await see('#flash', 'Account created. Please log in.')
          await fill('#email', email)
          await fill('#password', abe.password)
          await submit()
          await see('h1', 'Welcome, Abe!')
          await wait(EMAIL, email)
        },
      )
    },
    [things],
  )

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
