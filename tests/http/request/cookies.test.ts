import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { annAndEve, annRemembered } from '../../support/people'

// A remember secret works once. If its successor does not reach the browser, the next request looks like token reuse.

const down = () => {
  throw new Error('the code of the app failed')
}

const breaking: [what: string, path: string, auth: (isDown: () => boolean) => AuthOptions, faults: number][] = [
  [
    'findUser throws',
    '/profile',
    (isDown) => ({ findUser: async (id, deps) => (isDown() ? down() : findUser(deps, id)) }),
    1,
  ],
  [
    'whenStale throws',
    '/settings/password',
    (isDown) => ({ onReauthRequired: () => (isDown() ? down() : undefined) }),
    1,
  ],
  [
    'whenStale returns a response',
    '/settings/password',
    () => ({ onReauthRequired: () => new Response('no', { status: 401 }) }),
    0,
  ],
  [
    'whenStale returns a redirect',
    '/settings/password',
    () => ({ onReauthRequired: () => Response.redirect('/kiosk') }),
    0,
  ],
]

test.each(breaking)(
  'if %s, the client still receives the cookies of its remembered device',
  async (_, path, auth, faults) => {
    let isDown = false
    const { annsBrowser, advance, events } = await annRemembered(
      {},
      auth(() => isDown),
    )
    isDown = true
    const { set } = await annsBrowser.get(path)
    expect(set.filter((line) => /^(session|remember)=/.test(line))).toHaveLength(2)
    expect(takeLoggedErrors()).toHaveLength(faults)
    isDown = false
    advance(seconds(10))
    annsBrowser.close()
    expect((await annsBrowser.get('/profile')).status).toBe(200)
    expect(events.filter(({ kind }) => kind === 'remember-token-reused')).toEqual([])
  },
)

test('a failing translation falls back to the built-in text and is logged', async () => {
  const { browser } = await annAndEve({}, { translate: down })
  const visitor = browser()
  await visitor.get('/profile')
  const { status, html } = await visitor.get('/login')
  expect([status, html.includes('Please log in to access this page.')]).toEqual([200, true])
  expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual(['auth.translate failed'])
})
