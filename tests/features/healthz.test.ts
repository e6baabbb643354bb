import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { annLoggedIn } from '../support/people'

test('the health check returns ok for any host and touches no session', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4))
  const { status, html, headers } = await annsBrowser.get('/healthz', { host: '10.0.0.7:3000' })
  expect([status, html, headers.get('content-type')]).toEqual([200, 'ok', 'text/plain; charset=utf-8'])
  advance(minutes(1))
  expect((await annsBrowser.get('/profile')).status).toBe(303)
})

test('the health check works while the database fails', async () => {
  const { browser, deps } = await annLoggedIn()
  await deps.db.destroy()
  expect((await browser().get('/healthz')).html).toBe('ok')
})
