import { expect, test } from 'bun:test'
import { annAndEve, annLoggedIn } from '../../support/people'

const rootOf = (html: string) => /<html[^>]*>/.exec(html)?.[0]
const schemeOf = (html: string) => /<meta name="color-scheme" content="([^"]*)"/.exec(html)?.[1]

test('a chosen theme is kept for one year, on every page and for visitors, until the choice is System', async () => {
  const { annsBrowser } = await annLoggedIn()
  const chosen = await annsBrowser.post('/profile/theme', { theme: 'dark' })
  expect([chosen.status, chosen.to]).toEqual([303, '/profile'])
  expect(chosen.set).toContain('theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax')
  const profile = await annsBrowser.get('/profile')
  expect([rootOf(profile.html), schemeOf(profile.html)]).toEqual(['<html lang="en" data-theme="dark">', 'dark'])
  expect(profile.html).toMatch(/value="dark" checked/)

  await annsBrowser.post('/logout')
  for (const path of ['/', '/login', '/no-such-page'])
    expect(rootOf((await annsBrowser.get(path)).html)).toContain('data-theme="dark"')

  await annsBrowser.post('/login', { email: 'ann@example.test', password: 'correct horse battery' })
  const { set } = await annsBrowser.post('/profile/theme', { theme: 'system' })
  expect(set).toContain('theme=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
  const { html } = await annsBrowser.get('/profile')
  expect([rootOf(html), schemeOf(html)]).toEqual(['<html lang="en">', 'light dark'])
})

test('on https the cookie of the theme has the prefix __Host- and is Secure', async () => {
  const { as } = await annAndEve({ APP_URL: 'https://app.example' })
  const browser = await as({ email: 'ann@example.test' })
  expect((await browser.post('/profile/theme', { theme: 'light' })).set).toContain(
    '__Host-theme=light; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax',
  )
})

test('an unknown theme means System, in the form and in the cookie', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { set } = await annsBrowser.post('/profile/theme', { theme: '"><script>' })
  expect(set).toContain('theme=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
  annsBrowser.keep('theme', 'DARK')
  const { html } = await annsBrowser.get('/profile')
  expect(rootOf(html)).toBe('<html lang="en">')
  expect(html).toMatch(/value="system" checked/)
})

test('without a choice no page sets the cookie of the theme', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const sets = [await annsBrowser.get('/profile'), await browser().get('/'), await browser().get('/login')]
  expect(sets.flatMap(({ set }) => set).filter((line) => line.includes('theme'))).toEqual([])
})

test('a visitor cannot choose a theme', async () => {
  const { browser } = await annAndEve()
  const answer = await browser().post('/profile/theme', { theme: 'dark' })
  expect([answer.status, answer.to, answer.set.filter((line) => line.startsWith('theme'))]).toEqual([303, '/login', []])
})
