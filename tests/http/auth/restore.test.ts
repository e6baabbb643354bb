import { expect, test } from 'bun:test'
import { annRemembered } from '../../support/people'

test.each([
  ['a poll', { 'x-poll': '1' }],
  ['a stream', { accept: 'text/event-stream' }],
])('%s restores no session and keeps the remember token', async (_, headers: Record<string, string>) => {
  const { annsBrowser } = await annRemembered()
  const token = annsBrowser.jar.get('remember')
  expect((await annsBrowser.get('/profile', headers)).to).toBe('/login?next=%2Fprofile')
  expect(annsBrowser.jar.get('remember')).toBe(token ?? '')
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})
