import { expect, test } from 'bun:test'
import { parseCommand } from '@/cli/parse-args'
import { signupTest } from '../support/features'
import { annLoggedIn } from '../support/people'
import { openSite } from '../support/site'

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

const mainOf = (html: string) => /<main[^>]*>(.*)<\/main>/s.exec(html)?.[1] ?? ''

const linksIn = (markup: string) =>
  [...markup.matchAll(/<a href="([^"]+)"[^>]*>([^<]+)<\/a>/g)].map(([, href, text]) => [href, text])

signupTest('in production the home page has the name, the tagline and two buttons', async () => {
  const { browser, deps } = await openSite({ NODE_ENV: 'production', APP_URL: 'https://app.example' })
  const main = mainOf((await browser().get('/')).html)
  const { name, tagline } = deps.config.branding
  expect(main.replace(/<(\w+)[^>]*>/g, '<$1>').replace(/<svg>.*<\/svg>/s, '')).toContain(
    `<h1>${name}</h1><p>${tagline}</p>`,
  )
  expect(linksIn(main)).toEqual([
    ['/signup', 'Sign up'],
    ['/login', 'Log in'],
  ])
  expect(main).not.toContain('<h2>')
})

test('the home page of a closed site has no link to the sign-up', async () => {
  const { browser } = await openSite({ SIGNUP: 'closed' })
  const main = mainOf((await browser().get('/')).html)
  expect(main).not.toContain('/signup')
  expect(main).toContain('bun run user create EMAIL --name NAME')
})

test('a logged-in user gets a greeting and a link to the overview', async () => {
  const { annsBrowser } = await annLoggedIn()
  const main = mainOf((await annsBrowser.get('/')).html)
  expect(main).toContain('<h1>Welcome back, <bdi>Ann</bdi></h1>')
  expect(linksIn(main)[0]).toEqual(['/dashboard', 'Go to the overview'])
})

test('in development the home page names commands and files that exist', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const scripts: Record<string, string> = (await Bun.file('package.json').json()).scripts
  const found = [await annsBrowser.get('/'), await browser().get('/')].flatMap(({ html }) =>
    [...mainOf(html).matchAll(/<code>([^<]+)<\/code>/g)].map(([, code = '']) => code),
  )
  expect(found).toContain('bun run user role EMAIL admin')
  for (const code of found) {
    if (!/^(bun run |src\/)/.test(code)) continue // an adopter may delete the other folders
    const [, , script = '', ...rest] = code.split(' ')
    if (!code.startsWith('bun run ')) expect([code, await Bun.file(code).exists()]).toEqual([code, true])
    else expect([code, script in scripts, rest.length > 0]).toEqual([code, true, true])
    if (script !== 'user') continue
    const args = rest.map((word) => ({ EMAIL: 'ann@example.com', NAME: 'Ann' })[word] ?? word)
    expect([code, parseCommand(args)]).toEqual([code, expect.objectContaining({ kind: 'command' })])
  }
})
