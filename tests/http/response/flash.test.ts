import { expect, test } from 'bun:test'
import { flashMessages } from '@/ui/flash-messages'
import { ann, annLoggedIn } from '../../support/people'

const SILENCE = '<p id="flash" class="info" role="status"></p>'

test('a flash message is shown once', async () => {
  const { browser } = await annLoggedIn()
  const anns = browser()
  await anns.post('/login', ann)
  expect((await anns.get('/')).html).toContain(
    '<p id="flash" class="success" role="status">Logged in successfully.</p>',
  )
  expect((await anns.get('/')).html).toContain(SILENCE)
})

test('a second flash message replaces the first', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  for (let i = 0; i < 3; i++) await visitor.get('/profile')
  await visitor.post('/logout')
  expect((await visitor.get('/')).html).toContain('You have been logged out.')
  expect((await visitor.get('/')).html).toContain(SILENCE)
})

test('an error message has the role alert', async () => {
  const { app } = await annLoggedIn()
  const cookie = 'flash=theft'
  const answer = await app.handle(new Request('http://localhost/login', { headers: { cookie } }))
  const [, text] = flashMessages.theft
  expect(await answer.text()).toContain(`<p id="flash" class="error" role="alert">${text}</p>`)
})

test('error pages and partials show the flash message', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  await visitor.get('/profile')
  expect((await visitor.get('/nowhere')).html).toContain('Please log in to access this page.')
  await visitor.get('/profile')
  expect((await visitor.getHtmx('/login')).html).toContain('Please log in to access this page.')
})

test('a page with a message of its own shows that, and the flash message waits for the next page', async () => {
  const { browser } = await annLoggedIn()
  const anns = browser()
  await anns.post('/login', ann)
  const refused = await anns.post('/settings/security/two-step/on')
  expect([refused.status, refused.html]).toEqual([409, expect.stringContaining('class="error" role="alert">Add a')])
  expect(refused.html).not.toContain('Logged in successfully.')
  expect((await anns.get('/')).html).toContain('Logged in successfully.')
})

test('a background request sets no flash message', async () => {
  const { browser } = await annLoggedIn()
  expect((await browser().get('/profile', { 'sec-purpose': 'prefetch' })).set).toEqual([])
})

test('a prefetch, a HEAD request and a missing image do not consume the flash message', async () => {
  const { browser } = await annLoggedIn()
  const anns = browser()
  await anns.post('/login', ann)
  await anns.get('/profile', { 'sec-purpose': 'prefetch' })
  await anns.ask('/profile', { method: 'HEAD', headers: {} })
  await anns.get('/apple-touch-icon.png', { 'sec-fetch-dest': 'image' })
  expect((await anns.get('/profile')).html).toContain('Logged in successfully.')
})

test.each(['Send me your password', 'toString', '__proto__', '<b>', 'logged-in%00'])(
  'a forged flash cookie shows no message: %j',
  async (key) => {
    const { browser } = await annLoggedIn()
    expect((await browser().get('/', { cookie: `flash=${key}` })).html).toContain(SILENCE)
  },
)
