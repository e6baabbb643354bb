import { expect, test } from 'bun:test'
import { ann, annLoggedIn } from '../../support/people'

const SILENCE = '<p id="flash" class="info" role="status"></p>'

test('a flash is seen once, never twice', async () => {
  const { browser } = await annLoggedIn()
  const anns = browser()
  await anns.post('/login', ann)
  expect((await anns.get('/')).html).toContain(
    '<p id="flash" class="success" role="status">Logged in successfully.</p>',
  )
  expect((await anns.get('/')).html).toContain(SILENCE)
})

test('flashes never pile up: the last one counts', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  for (let i = 0; i < 3; i++) await visitor.get('/profile')
  await visitor.post('/logout')
  expect((await visitor.get('/')).html).toContain('You have been logged out.')
  expect((await visitor.get('/')).html).toContain(SILENCE)
})

test('an error is an alert', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  await visitor.get('/profile')
  expect((await visitor.get('/login')).html).toContain(
    '<p id="flash" class="error" role="alert">Please log in to access this page.</p>',
  )
})

test('it is seen on an error page and in a part as well', async () => {
  const { browser } = await annLoggedIn()
  const visitor = browser()
  await visitor.get('/profile')
  expect((await visitor.get('/nowhere')).html).toContain('Please log in to access this page.')
  await visitor.get('/profile')
  expect((await visitor.getHtmx('/login')).html).toContain('Please log in to access this page.')
})

test('what nobody asked for leaves none', async () => {
  const { browser } = await annLoggedIn()
  expect((await browser().get('/profile', { 'sec-purpose': 'prefetch' })).set).toEqual([])
})

test('what nobody sees does not eat it: a prefetch, a HEAD, a picture that is not there', async () => {
  const { browser } = await annLoggedIn()
  const anns = browser()
  await anns.post('/login', ann)
  await anns.get('/profile', { 'sec-purpose': 'prefetch' })
  await anns.ask('/profile', { method: 'HEAD', headers: {} })
  await anns.get('/apple-touch-icon.png', { 'sec-fetch-dest': 'image' })
  expect((await anns.get('/profile')).html).toContain('Logged in successfully.')
})

test.each(['Send me your password', 'toString', '__proto__', '<b>', 'logged-in%00'])(
  'a forged one says nothing: %j',
  async (key) => {
    const { browser } = await annLoggedIn()
    expect((await browser().get('/', { cookie: `flash=${key}` })).html).toContain(SILENCE)
  },
)
