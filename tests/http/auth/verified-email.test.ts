import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { days } from '@/lib/duration'
import { ann, annAndEve } from '../../support/people'
import { makeToken } from '../../support/tokens'

/** Routes behind the guard: a page, and one of the API. */
async function guardedSite(env: Record<string, string> = { MAIL_URL: 'mailbox:' }) {
  const site = await annAndEve(env)
  const { verifiedEmailRequired } = site.guards
  for (const path of ['/members', '/api/members'])
    site.app.use(new Elysia().use(verifiedEmailRequired).get(path, ({ reply }) => reply.text('in')))
  const verify = () => site.deps.db.updateTable('users').set({ email_verified_at: site.deps.now() }).execute()
  return { ...site, anns: await site.as(ann), verify }
}

test('a user without a confirmed address is redirected to the settings, and told why', async () => {
  const { anns, events, users } = await guardedSite()
  events.length = 0
  expect(await anns.get('/members')).toMatchObject({ status: 303, to: '/settings/email' })
  expect(anns.jar.get('flash')).toBe('confirm-email-first')
  expect(events).toEqual([{ kind: 'access-denied', reason: 'forbidden', path: '/members', userId: users.ann.id }])
  expect((await anns.get('/profile')).html).toContain('Please confirm your email address first.')
})

test('a user with a confirmed address passes from the next request', async () => {
  const { anns, verify } = await guardedSite()
  expect((await anns.get('/members')).status).toBe(303)
  await verify()
  expect(await anns.get('/members')).toMatchObject({ status: 200, html: 'in' })
})

test('htmx receives an empty 403 with the address of the settings', async () => {
  const { anns } = await guardedSite()
  const { status, headers, html } = await anns.getHtmx('/members')
  expect([status, headers.get('hx-redirect'), html]).toEqual([403, '/settings/email', ''])
  expect(anns.jar.get('flash')).toBe('confirm-email-first')
})

test('below /api the response is a problem document', async () => {
  const { anns } = await guardedSite()
  const { status, headers, html } = await anns.get('/api/members')
  expect([status, headers.get('content-type')]).toEqual([403, 'application/problem+json; charset=utf-8'])
  expect(JSON.parse(html)).toMatchObject({ status: 403, title: 'Confirm your email address first' })
  expect(anns.jar.has('flash')).toBe(false)
})

test('a token counts no more than behind loginRequired', async () => {
  const { browser, deps, users, verify } = await guardedSite()
  await verify()
  const made = await makeToken(deps, users.ann, { name: 'robot', scopes: ['profile:read'], lifetime: days(1) })
  const headers = { authorization: `Bearer ${made.text}` }
  expect((await browser().get('/api/members', headers)).status).toBe(401)
})

test('a prefetch gets neither the redirect nor the message', async () => {
  const { anns, events } = await guardedSite()
  events.length = 0
  expect((await anns.get('/members', { 'sec-purpose': 'prefetch' })).status).toBe(503)
  expect([anns.jar.has('flash'), events]).toEqual([false, []])
})

test.each<Record<string, string>>([{ MAIL_URL: 'off' }, { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'off' }])(
  'without confirmations the guard admits every user: %j',
  async (env) => {
    const { anns, browser } = await guardedSite(env)
    expect((await anns.get('/members')).html).toBe('in')
    expect((await browser().get('/members')).to).toBe('/login?next=%2Fmembers')
  },
)
