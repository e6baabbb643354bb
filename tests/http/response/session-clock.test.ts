import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { sessionOf } from '../../support/devices'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

type Answer = { headers: Headers }

const left = ({ headers }: Answer) => headers.get('session-expires-in')

const BY_HTMX = { 'hx-request': 'true' }

test('each answer to htmx says how long the session lasts by both clocks: a page, a part, a redirect, an error', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(1))
  for (const answer of [
    await annsBrowser.get('/profile', { ...BY_HTMX, 'hx-request-type': 'full' }),
    await annsBrowser.getHtmx('/profile'),
    await annsBrowser.postHtmx('/profile', { name: 'Ann Lee' }),
    await annsBrowser.postHtmx('/profile', { name: '' }),
    await annsBrowser.getHtmx('/admin'),
  ])
    expect(left(answer)).toBe('300 43140')
})

test('a whole page says it in itself', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(1))
  const { html, ...answer } = await annsBrowser.get('/profile')
  expect(left(answer)).toBeNull()
  expect(html).toContain('data-idle="300" data-absolute="43140"')
})

test('also where it does not slide, and never more than there is', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4) + 1)
  expect(left(await annsBrowser.get('/settings/sessions', { ...BY_HTMX, 'x-poll': '1' }))).toBe('59 42959')
  expect(left(await annsBrowser.getHtmx('/nowhere'))).toBe('59 42959')
})

test('a remembered device that comes back has a whole session', async () => {
  const { annsBrowser } = await annRemembered()
  expect(left(await annsBrowser.getHtmx('/profile'))).toBe('300 43200')
})

test('who has just logged out has nothing left, by whichever button', async () => {
  const { as, browser, ...site } = await annLoggedIn()
  for (const pathOf of [
    async () => '/logout',
    async (one: Awaited<ReturnType<typeof as>>) => `/settings/sessions/${(await sessionOf(site, one)).id}/end`,
  ])
    for (const send of ['post', 'postHtmx'] as const) {
      const anns = await as(ann)
      const answer = await anns[send](await pathOf(anns))
      expect([answer.to, left(answer)]).toEqual(['/', null])
    }
})

test('a visitor, and whose session has ended, are told nothing', async () => {
  const { annsBrowser, browser, advance } = await annLoggedIn()
  advance(minutes(5))
  for (const one of [browser(), annsBrowser])
    for (const path of ['/', '/profile', '/relogin']) expect(left(await one.getHtmx(path))).toBeNull()
})
