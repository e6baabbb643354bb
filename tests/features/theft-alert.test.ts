import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { ann, annRemembered, eve } from '../support/people'

const ALARM = 'Someone may have copied your remembered login.'

/** An attacker used a copy of ann's remember token after she had restored two sessions. */
async function annWithReusedToken() {
  const { annsBrowser, ...site } = await annRemembered()
  const attacker = annsBrowser.copy()
  const tablet = await site.as(ann)
  await annsBrowser.get('/probe')
  annsBrowser.close()
  await annsBrowser.get('/probe')
  site.advance(seconds(10))
  const seen = await attacker.get('/probe')
  return { ...site, annsBrowser, tablet, attacker, seen }
}

test('the security alert appears once, on the next page of any device', async () => {
  const { tablet, browser } = await annWithReusedToken()
  const { html } = await tablet.get('/dashboard')
  expect(html.match(new RegExp(ALARM, 'g'))).toHaveLength(1)
  expect(html).toMatch(/<div class="alert" role="alert">/)
  for (const one of [tablet, browser()]) {
    await one.post('/login', ann)
    expect((await one.get('/dashboard')).html).not.toContain(ALARM)
  }
})

test('the security alert appears also with htmx and on a page with errors', async () => {
  for (const look of ['getHtmx', 'postHtmx'] as const) {
    const { tablet } = await annWithReusedToken()
    expect((await tablet[look]('/profile')).html).toContain(ALARM)
    expect((await tablet[look]('/profile')).html).not.toContain(ALARM)
  }
})

test('neither the attacker nor another user sees the security alert', async () => {
  const { attacker, seen, as, tablet } = await annWithReusedToken()
  const eves = await as(eve)
  for (const html of [
    seen.html,
    (await attacker.get('/')).html,
    (await attacker.get('/login')).html,
    (await eves.get('/')).html,
  ])
    expect(html).not.toContain(ALARM)
  expect((await tablet.get('/')).html).toContain(ALARM)
})

test.each<[string, Record<string, string>]>([
  ['a prefetch', { 'sec-purpose': 'prefetch' }],
  ['a poll', { 'x-poll': '1' }],
  ['a picture', { 'sec-fetch-dest': 'image' }],
])('%s does not consume the security alert', async (_, headers) => {
  const { tablet } = await annWithReusedToken()
  expect((await tablet.get('/dashboard', headers)).html).not.toContain(ALARM)
  await tablet.get('/session')
  expect((await tablet.get('/dashboard')).html).toContain(ALARM)
})

test('one of two concurrent pages shows the security alert', async () => {
  const { tablet } = await annWithReusedToken()
  const pages = await Promise.all(Array.from({ length: 5 }, () => tablet.get('/dashboard')))
  expect(pages.filter(({ html }) => html.includes(ALARM))).toHaveLength(1)
})

test('a reuse within ten seconds raises no security alert', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const tab = annsBrowser.copy()
  await annsBrowser.get('/probe')
  advance(seconds(10) - 1)
  await tab.get('/probe')
  expect((await annsBrowser.get('/profile')).html).not.toContain(ALARM)
})
