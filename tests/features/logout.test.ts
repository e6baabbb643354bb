import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { ann, annLoggedIn, annRemembered } from '../support/people'

test('a logout ends the session for every copy of its token and is harmless twice', async () => {
  const { annsBrowser } = await annLoggedIn()
  const kept = annsBrowser.copy()
  expect(await annsBrowser.post('/logout')).toMatchObject({ status: 303, to: '/' })
  expect((await annsBrowser.get('/')).html).toContain(
    '<p id="flash" class="info" role="status">You have been logged out.</p>',
  )
  expect(await kept.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
  expect(await annsBrowser.post('/logout')).toMatchObject({ status: 303, to: '/' })
  expect([...annsBrowser.jar.keys()]).toEqual(['device', 'flash'])
})

test('after a logout an old token does not reveal its user', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  const kept = annsBrowser.copy()
  advance(minutes(5))
  expect((await kept.get('/relogin')).html).toContain('ann@example.test')
  await annsBrowser.post('/logout')
  expect(await kept.get('/relogin')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('a logout without a session is harmless', async () => {
  const { browser } = await annLoggedIn()
  expect(await browser().post('/logout')).toMatchObject({ status: 303, to: '/' })
  expect(await browser().postHtmx('/logout')).toMatchObject({ status: 204, to: '/' })
})

test('a logout ends the remember series of an ended session and of a lone remember token', async () => {
  for (const comesBackFirst of [true, false]) {
    const { annsBrowser, advance } = await annRemembered()
    if (comesBackFirst) {
      await annsBrowser.get('/profile')
      advance(minutes(5))
    }
    const kept = annsBrowser.copy()
    await annsBrowser.post('/logout')
    kept.jar.delete('session')
    expect(await kept.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
    expect([...annsBrowser.jar.keys()]).toEqual(['device', 'flash'])
  }
})

test('a logout ends the remember series also without the remember cookie', async () => {
  const { annsBrowser } = await annRemembered()
  await annsBrowser.get('/profile')
  const kept = annsBrowser.copy()
  annsBrowser.jar.delete('remember')
  await annsBrowser.post('/logout')
  kept.jar.delete('session')
  expect(await kept.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('the logout page has one button and changes nothing', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { status, html } = await annsBrowser.get('/logout')
  expect(status).toBe(200)
  const [main = ''] = /<main[^]*<\/main>/.exec(html) ?? []
  expect(main.match(/<button[^>]*>[^<]*<\/button>/g)).toEqual(['<button type="submit">Logout</button>'])
  expect(html).toContain('<form method="post" action="/logout"')
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('on https cookies have the host prefix and are cleared with the same attributes', async () => {
  const { annsBrowser } = await annRemembered({ APP_URL: 'https://app.test' })
  await annsBrowser.get('/profile')
  expect([...annsBrowser.jar.keys()].toSorted()).toEqual(['__Host-device', '__Host-remember', '__Host-session'])
  expect((await annsBrowser.post('/logout')).set).toEqual([
    '__Host-remember=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
    '__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
    '__Host-flash=logged-out; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax',
  ])
})

test('only a logout sends Clear-Site-Data, for storage and not for the cache', async () => {
  const { annsBrowser } = await annLoggedIn()
  const cleared = async (path: string) => (await annsBrowser.post(path)).headers.get('clear-site-data')
  expect((await annsBrowser.get('/profile')).headers.get('clear-site-data')).toBeNull()
  expect(await cleared('/logout')).toBe('"storage", "prefetchCache", "prerenderCache"')
  expect((await annsBrowser.post('/login', ann)).headers.get('clear-site-data')).toBeNull()
  expect((await annsBrowser.postHtmx('/logout', {})).headers.get('clear-site-data')).toBe(
    '"storage", "prefetchCache", "prerenderCache"',
  )
})
