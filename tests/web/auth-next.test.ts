import { expect, test } from 'bun:test'
import { minutes } from '@/lib/durations'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'

const auth = { keepsNextIn: 'session' } as const

/** Visitors are sent to a login whose address says nothing: where they were going is kept behind a cookie. */
async function visitorOnTheWay(path: string) {
  const site = await annAndEve({}, auth)
  const visitor = site.browser()
  const answer = await visitor.get(path)
  return { ...site, visitor, answer }
}

const kept = ({ deps }: Awaited<ReturnType<typeof annAndEve>>) => deps.db.selectFrom('next_paths').selectAll().execute()

test('where somebody was going is kept behind a cookie, and the login leads there once', async () => {
  const { visitor, answer, ...site } = await visitorOnTheWay('/settings?a=b')
  expect(answer).toMatchObject({ status: 303, to: '/login' })
  expect(answer.set).toContainEqual(
    expect.stringMatching(/^next=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/),
  )
  expect(JSON.stringify(await kept(site))).not.toContain(visitor.jar.get('next'))
  expect(await visitor.post('/login', ann)).toMatchObject({ status: 303, to: '/settings?a=b' })
  expect([visitor.jar.has('next'), await kept(site)]).toEqual([false, []])
  await visitor.post('/logout')
  expect((await visitor.post('/login', ann)).to).toBe('/profile')
})

test('a logout forgets it: who logs in after that on the same computer is not led there', async () => {
  const { annsBrowser, pass } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' }, auth)
  pass(minutes(5))
  expect(await annsBrowser.get('/settings/password?about=ann')).toMatchObject({ to: '/relogin' })
  await annsBrowser.post('/logout')
  expect((await annsBrowser.post('/login', eve)).to).toBe('/profile')
})

test('who is logged in already is led there once, too', async () => {
  const { visitor, as } = await visitorOnTheWay('/settings')
  const anns = await as(ann)
  visitor.keep('session', anns.jar.get('session') ?? '')
  expect((await visitor.get('/login')).to).toBe('/settings')
  expect((await visitor.get('/login')).to).toBe('/profile')
})

test('there is an end to what visitors make us keep: ten thousand, and the oldest go', async () => {
  const { visitor, deps, browser, ...site } = await visitorOnTheWay('/settings')
  const others = Array.from({ length: 10_000 }, (_, i) => ({
    token_hash: `${i}`,
    path: '/',
    expires_at: deps.now() + minutes(10) + i,
  }))
  for (let i = 0; i < 10; i++)
    await deps.db
      .insertInto('next_paths')
      .values(others.slice(i * 1000, (i + 1) * 1000))
      .execute()
  await browser().get('/dashboard')
  const left = await kept({ deps, browser, ...site })
  expect(left.length).toBe(10_000)
  expect(left.map(({ path }) => path).filter((path) => path !== '/')).toEqual(['/dashboard'])
  expect((await visitor.post('/login', ann)).to).toBe('/profile')
})

test('it is kept for ten minutes', async () => {
  for (const [wait, to] of [
    [minutes(10) - 1, '/settings'],
    [minutes(10), '/profile'],
  ] as const) {
    const { visitor, pass } = await visitorOnTheWay('/settings')
    pass(wait)
    expect((await visitor.post('/login', ann)).to).toBe(to)
  }
})

test('what ran out is thrown away when the next one is kept', async () => {
  const { visitor, pass, browser, ...site } = await visitorOnTheWay('/settings')
  pass(minutes(10))
  await browser().get('/dashboard')
  expect(await kept({ pass, browser, ...site })).toMatchObject([{ path: '/dashboard' }])
  expect(visitor.jar.has('next')).toBe(true)
})

test('what others are on the way to stays', async () => {
  const { visitor, browser } = await visitorOnTheWay('/settings')
  await browser().get('/dashboard')
  expect((await visitor.post('/login', ann)).to).toBe('/settings')
})

test('the last place that was asked for counts, and a form that was refused is none', async () => {
  const { visitor, ...site } = await visitorOnTheWay('/settings')
  await visitor.get('/dashboard')
  expect(await kept(site)).toHaveLength(1)
  expect((await visitor.copy().post('/login', ann)).to).toBe('/dashboard')
  await visitor.get('/dashboard')
  expect(await visitor.post('/profile', { name: 'x' })).toMatchObject({ status: 303, to: '/login' })
  expect((await visitor.post('/login', ann)).to).toBe('/profile')
})

test('what a page fetches by itself does not take its place', async () => {
  const { visitor } = await visitorOnTheWay('/settings')
  for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'x-poll': '1' }, { 'sec-fetch-dest': 'image' }] as Record<
    string,
    string
  >[])
    expect(await visitor.get('/dashboard', headers)).toMatchObject({ to: '/login?next=%2Fdashboard', set: [] })
  expect((await visitor.post('/login', ann)).to).toBe('/settings')
})

test('a next in the form or in the address comes first, and an unsafe one is refused', async () => {
  const { visitor } = await visitorOnTheWay('/settings')
  expect((await visitor.get('/login?next=//evil.test')).status).toBe(400)
  expect((await visitor.post('/login', { ...ann, next: '//evil.test' })).status).toBe(400)
  expect((await visitor.copy().post('/login?next=/hello', ann)).to).toBe('/hello')
  expect((await (await visitorOnTheWay('/settings')).visitor.post('/login', { ...ann, next: '/hello' })).to).toBe(
    '/hello',
  )
})

test('what is kept is looked at again before anybody goes there', async () => {
  for (const path of ['//evil.test', '/logout', 'https://evil.test']) {
    const { visitor, deps } = await visitorOnTheWay('/settings')
    await deps.db.updateTable('next_paths').set({ path }).execute()
    expect((await visitor.post('/login', ann)).to).toBe('/profile')
  }
})

test('it belongs to one browser: another, or a forged cookie, goes to the profile', async () => {
  const { visitor, browser } = await visitorOnTheWay('/settings')
  const eves = browser()
  eves.jar.set('next', 'A'.repeat(43))
  expect((await eves.post('/login', eve)).to).toBe('/profile')
  expect((await visitor.post('/login', ann)).to).toBe('/settings')
})

test('a stale login comes back by it, too', async () => {
  const { annsBrowser, pass } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' }, auth)
  pass(minutes(5))
  expect((await annsBrowser.get('/settings/password')).to).toBe('/relogin')
  expect((await annsBrowser.post('/relogin', { password: ann.password })).to).toBe('/settings/password')
  pass(minutes(5))
  expect((await annsBrowser.post('/relogin', { password: ann.password })).to).toBe('/profile')
})

test('strong protection ends a session and leaves the page that one was on the way to', async () => {
  const { annsBrowser } = await annLoggedIn({}, { ...auth, protection: 'strong' })
  const moved = annsBrowser.copy('Another browser')
  expect((await moved.get('/settings')).to).toBe('/login')
  expect((await moved.post('/login', ann)).to).toBe('/settings')
})
