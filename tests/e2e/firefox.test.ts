import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ann } from '../support/people'
import { openListeningSite, type ListeningSite } from './chromium'
import { hasFirefox, openFirefox } from './firefox'

setDefaultTimeout(30_000)

const BLOCK_ALL = 2
const SUBMIT = 'main form button[type=submit]'

describe.skipIf(!hasFirefox).each([
  ['with scripts', true],
  ['without scripts', false],
])('Firefox %s', (_, hasScripts) => {
  let site: ListeningSite
  let firefox: Awaited<ReturnType<typeof openFirefox>> | undefined

  beforeEach(async () => {
    site = await openListeningSite()
  })

  afterEach(async () => {
    await firefox?.close()
    firefox = undefined
    await site.close()
  })

  const open = async (preferences = {}) =>
    (firefox = await openFirefox({ 'javascript.enabled': hasScripts, ...preferences }))

  test('a user whose browser blocks cookies is told so after the login', async () => {
    const { goto, fill, follow, text } = await open({ 'network.cookie.cookieBehavior': BLOCK_ALL })
    await goto(`${site.url}/dashboard`)
    expect(await text('#flash')).toBe('')
    await fill('#email', ann.email)
    await fill('#password', ann.password)
    expect(await follow(SUBMIT)).toBe(`${site.url}/login?next=%2Fdashboard`)
    expect(await text('#flash')).toBe('Your browser blocks cookies. Allow cookies for this site to log in.')
    await goto(`${site.url}/login?next=%2Fdashboard`)
    expect(await text('#flash')).toBe('')
  })

  test('a user with other letters in the domain signs up and logs in', async () => {
    const { goto, fill, follow, text } = await open()
    const email = 'new3@bücher.example' // Firefox sends it as typed
    await goto(`${site.url}/signup?next=/profile`)
    for (const [id, value] of Object.entries({ email, name: 'Ada', password: 'five boxing wizards' }))
      await fill(`#${id}`, value)
    expect(await follow(SUBMIT)).toBe(`${site.url}/login?next=%2Fprofile`)
    await fill('#email', email)
    await fill('#password', 'five boxing wizards')
    expect(await follow(SUBMIT)).toBe(`${site.url}/profile`)
    expect(await text('h1')).toBe('Welcome, Ada!')
  })
})
