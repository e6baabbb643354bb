import { expect, test } from 'bun:test'
import { days, hours } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn, createPeople } from '../support/people'
import { openSite } from '../support/site'
import { makeToken } from '../support/tokens'

const rowsIn = (html: string) =>
  [...html.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b><small>(.*?)<\/small>.*?<a href="([^"]*)"/g)].map(([, ...row]) =>
    row.map((text) => text?.replace(/<[^>]*>/g, '')),
  )

tokenTest(
  'the overview greets the user and shows the state of password, sessions and API tokens with links',
  async () => {
    const { annsBrowser, browser, deps, users, advance } = await annLoggedIn()
    const { html } = await annsBrowser.get('/dashboard')
    expect(html).toContain('<h1>Welcome back, Ann</h1>')
    const password = ['Password', 'Changed Jan 1, 2030, 12:00 PM UTC', '/settings/password']
    expect(rowsIn(html)).toEqual([
      password,
      ['Sessions', '1 active session', '/settings/sessions'],
      ['API tokens', 'No tokens', '/settings/tokens'],
    ])
    await browser('Phone').post('/login', { ...ann, remember: 'yes' })
    const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
    expect(rowsIn((await annsBrowser.get('/dashboard')).html)).toEqual([
      password,
      ['Sessions', '2 active sessions, 1 remembered device', '/settings/sessions'],
      ['API tokens', '1 token, never used', '/settings/tokens'],
    ])
    advance(hours(1))
    await browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } })
    await annsBrowser.post('/login', ann)
    expect(rowsIn((await annsBrowser.get('/dashboard')).html)[2]?.[1]).toBe(
      '1 token, last used Jan 1, 2030, 1:00 PM UTC',
    )
  },
)

test('the overview shows no internals of the session', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect((await annsBrowser.get('/dashboard')).html).not.toMatch(/Idle limit|Expires at|Device remembered/)
})

test.each([
  ['development', true],
  ['production', false],
])('in %s, the overview names the file to edit: %p', async (NODE_ENV, isNamed) => {
  const site = await createPeople(await openSite({ NODE_ENV }))
  const { html } = await (await site.as(ann)).get('/dashboard')
  expect(html.includes('src/features/dashboard/views.tsx')).toBe(isNamed)
})

test('the overview names the account by its email address', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect((await annsBrowser.get('/dashboard')).html).toContain(`<p><bdi>${ann.email}</bdi></p>`)
})
