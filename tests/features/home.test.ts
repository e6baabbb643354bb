import { expect, test } from 'bun:test'
import { signupTest } from '../support/features'
import { annLoggedIn } from '../support/people'

const menu = (html: string) =>
  [...(html.match(/<nav aria-label="Main">.*?<\/nav>/)?.[0] ?? '').matchAll(/<(?:a|button)[^>]*>([^<]+)</g)].map(
    ([, word]) => word,
  )

/** Only these links, because an adopter may add more. */
const fixedLinks = (html: string) =>
  menu(html).filter((word) => ['Home', 'Login', 'Sign Up', 'Profile', 'Logout'].includes(word ?? ''))

signupTest('the menu has the fixed links of a visitor and of a user in their order', async () => {
  const { browser, annsBrowser } = await annLoggedIn()
  expect(fixedLinks((await browser().get('/')).html)).toEqual(['Home', 'Login', 'Sign Up'])
  expect(fixedLinks((await annsBrowser.get('/')).html)).toEqual(['Home', 'Profile', 'Logout'])
})

test('the menu marks the current page', async () => {
  const { browser } = await annLoggedIn()
  expect((await browser().get('/login')).html).toContain('<a href="/login" aria-current="page">Login</a>')
})

test('a visitor who only reads public pages gets no cookie', async () => {
  const { browser } = await annLoggedIn()
  for (const path of [
    '/',
    '/probe',
    '/login',
    '/signup',
    '/logout',
    '/nowhere',
    '/healthz',
    '/api/status',
    '/.well-known/change-password',
  ])
    expect((await browser().get(path)).set).toEqual([])
})
