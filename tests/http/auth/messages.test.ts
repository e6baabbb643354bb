import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { ann, annLoggedIn } from '../../support/people'
import type { Browser } from '../../support/browser'

const flashOn = async (browser: Browser, path: string, headers = {}) =>
  /<p id="flash" class="(\w+)" role="(\w+)">([^<]*)<\/p>/.exec((await browser.get(path, headers)).html)?.slice(1)

const SILENCE = ['info', 'status', '']

test('a message can have another text, another category or be disabled', async () => {
  const { annsBrowser, browser, advance } = await annLoggedIn(
    { SESSION_IDLE_SECONDS: '3600' },
    {
      messages: {
        'login-required': ['info', 'Members only & <b>friends</b>.'],
        'fresh-login-required': ['error', 'Once more, please.'],
        'logged-in': null,
      },
    },
  )
  const visitor = browser()
  await visitor.get('/profile')
  expect(await flashOn(visitor, '/login')).toEqual(['info', 'status', 'Members only &amp; &lt;b&gt;friends&lt;/b&gt;.'])
  expect(await flashOn(visitor, '/login')).toEqual(SILENCE)
  const { set } = await visitor.post('/login', ann)
  expect(set.join()).not.toContain('flash')
  expect(await flashOn(visitor, '/profile')).toEqual(SILENCE)
  advance(minutes(5))
  await annsBrowser.get('/settings/password')
  expect(await flashOn(annsBrowser, '/relogin')).toEqual(['error', 'alert', 'Once more, please.'])
  await annsBrowser.post('/logout')
  expect(await flashOn(annsBrowser, '/')).toEqual(['info', 'status', 'You have been logged out.'])
})

test('a message is translated for the user who reads it', async () => {
  const german = new Map([['Please log in to access this page.', 'Bitte melden Sie sich an.']])
  const { browser } = await annLoggedIn(
    {},
    {
      translate: (text, request) =>
        request.headers.get('accept-language')?.startsWith('de') ? (german.get(text) ?? text) : text,
    },
  )
  for (const [language, text] of [
    ['de-AT, en', 'Bitte melden Sie sich an.'],
    ['en', 'Please log in to access this page.'],
  ] as const) {
    const visitor = browser()
    await visitor.get('/profile')
    expect(await flashOn(visitor, '/login', { 'accept-language': language })).toEqual(['info', 'status', text])
  }
})

test('two denied requests leave one flash message, and it is shown once', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  for (const path of ['/profile', '/settings']) await visitor.get(path)
  const { html } = await visitor.get('/login')
  expect(html.match(/Please log in to access this page\./g)).toHaveLength(1)
  expect(await flashOn(visitor, '/login')).toEqual(SILENCE)
})

test('a custom response and a plain 401 set no flash message', async () => {
  const { browser } = await annLoggedIn({}, { loginPath: null })
  expect((await browser().get('/profile')).set).toEqual([])
  const { browser: other } = await annLoggedIn({}, { onUnauthenticated: ({ reply }) => reply.redirect('/') })
  expect((await other().get('/profile')).set).toEqual([])
})
