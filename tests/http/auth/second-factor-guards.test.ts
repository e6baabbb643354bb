import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import type { Amr } from '@/model/factors/assurance'
import { changeRole } from '@/model/users/roles'
import { ann, annAndEve, eve } from '../../support/people'
import { addPasskey } from '../../support/passkeys'
import { addApp, turnOnTwoStep } from '../../support/second-factors'

const LONG = { SESSION_IDLE_SECONDS: '3600' }

/** A page behind each guard that asks for a second factor. */
async function guardedSite(env = {}) {
  const site = await annAndEve({ ...LONG, ...env })
  const { secondFactorRequired, freshSecondFactorRequired, permissionRequired, freshPermissionRequired } = site.guards
  const guards = {
    second: secondFactorRequired,
    fresh: freshSecondFactorRequired,
    people: permissionRequired('users:read'),
    changes: freshPermissionRequired('users:write'),
    mails: permissionRequired('mail:read'),
    own: permissionRequired('profile:read'),
  }
  for (const [name, guard] of Object.entries(guards))
    for (const prefix of ['/guarded', '/api/guarded'])
      site.app.use(new Elysia({ prefix }).use(guard).get(`/${name}`, ({ reply }) => reply.text('in')))
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  /** Where each guard leads in a session with these methods. */
  const tour = async (amr: Amr, options: { fresh?: boolean } = {}) => {
    const browser = await site.as(ann, { amr, ...options })
    const answers = Object.keys(guards).map(async (name) => {
      const { status, to } = await browser.get(`/guarded/${name}`)
      return [name, status === 200 ? 'in' : to?.split('?')[0]] as const
    })
    return Object.fromEntries(await Promise.all(answers))
  }
  return { ...site, tour }
}

const ADMIN = { people: 'in', changes: 'in', mails: 'in', own: 'in' }

test('without a second factor its pages lead to the set-up, and those of an admin open', async () => {
  const { tour } = await guardedSite()
  const expected = { ...ADMIN, second: '/settings/security', fresh: '/settings/security' }
  expect(await tour(['password'])).toEqual(expected)
  expect(await tour(['remember-me'], { fresh: false })).toEqual({ ...expected, fresh: '/relogin', changes: '/relogin' })
})

test('with two-step verification an admin needs two factors for the pages of admins', async () => {
  const site = await guardedSite()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const asked = { people: '/relogin', changes: '/relogin', mails: '/relogin', own: 'in' }
  for (const amr of [['password'], ['password', 'trusted-browser'], ['remember-me']] as const)
    expect(await site.tour(amr)).toEqual({ ...asked, second: '/relogin', fresh: '/relogin' })
  for (const amr of [['password', 'totp'], ['passkey'], ['email-code', 'recovery-code']] as const)
    expect(await site.tour(amr)).toEqual({ ...ADMIN, second: 'in', fresh: 'in' })
})

test('a session with two factors that is stale opens what asks for no freshness', async () => {
  const site = await guardedSite()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  expect(await site.tour(['password', 'totp'], { fresh: false })).toEqual({
    ...ADMIN,
    second: 'in',
    fresh: '/relogin',
    changes: '/relogin',
  })
})

test('under a policy an admin without two factors in the session reaches no page of admins', async () => {
  const site = await guardedSite({ MFA: 'required-for-admins' })
  const { deps, users, tour } = site
  await addPasskey(site, users.ann)
  await deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', users.ann.id).execute()
  expect(await tour(['email-code'])).toMatchObject({ people: '/relogin', mails: '/relogin', own: 'in' })
  expect(await tour(['passkey'])).toEqual({ ...ADMIN, second: 'in', fresh: 'in' })
})

test('the API answers 403 to a session that lacks the second factor, and 401 to one that is only stale', async () => {
  const site = await guardedSite()
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const browser = await site.as(ann)
  for (const name of ['second', 'people', 'mails']) {
    const { status, headers, html } = await browser.get(`/api/guarded/${name}`)
    expect([status, headers.get('content-type')]).toEqual([403, 'application/problem+json; charset=utf-8'])
    expect(JSON.parse(html)).toMatchObject({ title: 'Two-step verification required' })
  }
  const stale = await site.as(ann, { amr: ['password', 'totp'], fresh: false })
  expect((await stale.get('/api/guarded/changes')).status).toBe(401)
})

test('htmx opens the re-login dialog for a missing second factor, also if the session is fresh', async () => {
  const site = await guardedSite()
  const { users, advance } = site
  const app = await addApp(site, users.ann)
  const anns = await site.as(ann) // two-step verification is off
  expect(await anns.getHtmx('/guarded/second')).toMatchObject({
    status: 401,
    to: '/relogin?next=%2Fguarded%2Fsecond',
  })
  const page = await anns.get('/relogin?next=/guarded/second')
  expect([page.status, page.html.includes('name="code"'), page.html.includes('name="password"')]).toEqual([
    200,
    true,
    false,
  ])
  const answer = await anns.post('/relogin/code', { code: app.code(), next: '/guarded/second' })
  expect(answer.to).toBe('/guarded/second')
  expect((await anns.get('/guarded/second')).html).toBe('in')
  expect((await anns.get('/relogin?next=/guarded/second')).to).toBe('/guarded/second')
  advance(minutes(6))
  expect((await anns.get('/guarded/second')).html).toBe('in')
})

test('a user without the permission is denied before a second factor is asked for', async () => {
  const site = await guardedSite()
  await addApp(site, site.users.eve)
  await turnOnTwoStep(site, site.users.eve)
  const eves = await site.as(eve)
  expect((await eves.get('/guarded/people')).status).toBe(403)
  expect((await site.browser().get('/guarded/second')).to).toBe('/login?next=%2Fguarded%2Fsecond')
})
