import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { days } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { dumpDatabase } from '../support/dump-database'
import { ann, annAndEve } from '../support/people'

// Attempts to fill the disk.

tokenTest('a user who creates and revokes tokens in a loop is stopped at 100 per day', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  const wanted: Record<string, string> = { name: 'x', scopes: 'profile:read', expires_days: '1' }
  const makeAndRevoke = async () => {
    const { status, html } = await anns.post('/settings/tokens', wanted)
    const id = /tokens\/([\w-]+)\/revoke/.exec((await anns.get('/settings/tokens')).html)?.[1]
    if (status === 200) await anns.post(`/settings/tokens/${id}/revoke`)
    return { status, html }
  }
  for (let i = 0; i < 100; i++) expect((await makeAndRevoke()).status).toBe(200)
  const before = await dumpDatabase(site)
  const { status, html } = await makeAndRevoke()
  expect(status).toBe(422)
  expect(html).toContain('You can create 100 tokens per day. Try again tomorrow.')
  expect(await dumpDatabase(site)).toEqual(before)
  site.advance(days(1))
  const tomorrow = await site.as(ann)
  expect((await tomorrow.post('/settings/tokens', wanted)).status).toBe(200)
})

test('invented sessions, remember tokens, devices and API tokens write no row', async () => {
  const site = await annAndEve()
  const before = await dumpDatabase(site)
  for (let i = 0; i < 60; i++) {
    const madeUp = `${i}`.padStart(43, 'A')
    const visitor = site.browser()
    visitor.keep('session', madeUp)
    visitor.keep('remember', `${madeUp.slice(21)}.${madeUp}`)
    visitor.keep('device', madeUp)
    expect((await visitor.get('/profile')).to).toBe('/login?next=%2Fprofile')
    expect(
      (await site.browser().get('/api/me', { authorization: `Bearer ${branding.tokenPrefix}${madeUp}` })).status,
    ).toBe(401)
  }
  expect(await dumpDatabase(site)).toEqual(before)
})
