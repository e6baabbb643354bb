import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/durations'
import { kept } from '../support/kept'
import { ann, annAndEve } from '../support/people'

// What somebody can leave behind on the disk of all.

test('whoever makes a token and revokes it, again and again, is stopped at a hundred a day', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  const wanted: Record<string, string> = { name: 'x', scopes: 'profile:read', expires_days: '1' }
  const makeAndRevoke = async () => {
    const { status, html } = await anns.post('/settings/tokens', wanted)
    const id = /tokens\/([\w-]+)\/revoke/.exec(html)?.[1]
    if (status === 200) await anns.post(`/settings/tokens/${id}/revoke`)
    return { status, html }
  }
  for (let i = 0; i < 100; i++) expect((await makeAndRevoke()).status).toBe(200)
  const before = await kept(site)
  const { status, html } = await makeAndRevoke()
  expect(status).toBe(422)
  expect(html).toContain('You have made 100 tokens within a day, as many as one may. Come again tomorrow.')
  expect(await kept(site)).toEqual(before)
  site.pass(days(1))
  const tomorrow = await site.as(ann)
  expect((await tomorrow.post('/settings/tokens', wanted)).status).toBe(200)
})

test('cookies that nobody has, from however many sources, are counted to an end, and shut out nobody but those sources', async () => {
  const { browser, deps } = await annAndEve({ TRUST_PROXY: '1' })
  Object.assign(deps.config.limits.token, {
    source: [{ most: 5, within: minutes(10) }],
    site: [{ most: 20, within: minutes(10) }],
  })
  const strange = (i: number, source: string) => {
    const visitor = browser()
    visitor.keep('session', `${i}`.padStart(43, 'A'))
    return visitor.get('/profile', { 'x-forwarded-for': source })
  }
  for (let i = 0; i < 6; i++) expect((await strange(i, '10.0.0.1')).status).toBe(i < 5 ? 303 : 429)
  for (let i = 10; i < 60; i++) expect((await strange(i, `10.0.1.${i}`)).status).toBe(303)
  expect((await strange(7, '10.0.0.1')).status).toBe(429)
  const counted = deps.db.selectFrom('tries').select(({ fn }) => fn.countAll<number>().as('n'))
  expect(await counted.executeTakeFirst()).toEqual({ n: 20 })
})
