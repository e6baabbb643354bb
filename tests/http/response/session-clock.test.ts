import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { sessionOf } from '../../support/devices'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

type Answer = { headers: Headers }

const left = ({ headers }: Answer) => headers.get('session-expires-in')

const BY_HTMX = { 'hx-request': 'true' }

test('every response to htmx has the remaining session time: page, partial, redirect and error', async () => {
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

test('a full page contains the remaining session time', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(1))
  const { html, ...answer } = await annsBrowser.get('/profile')
  expect(left(answer)).toBeNull()
  expect(html).toContain('data-idle="300" data-absolute="43140"')
})

test('a response without an extension states the remaining time exactly', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4) + 1)
  expect(left(await annsBrowser.get('/settings/sessions', { ...BY_HTMX, 'x-poll': '1' }))).toBe('59 42959')
  expect(left(await annsBrowser.getHtmx('/nowhere'))).toBe('59 42959')
})

test('a restored session has the full remaining time', async () => {
  const { annsBrowser } = await annRemembered()
  expect(left(await annsBrowser.getHtmx('/profile'))).toBe('300 43200')
})

test('a logout response reports no remaining time, with either button', async () => {
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

test('a visitor and a user of an ended session receive no remaining time', async () => {
  const { annsBrowser, browser, advance } = await annLoggedIn()
  advance(minutes(5))
  for (const one of [browser(), annsBrowser])
    for (const path of ['/', '/profile', '/relogin']) expect(left(await one.getHtmx(path))).toBeNull()
})
