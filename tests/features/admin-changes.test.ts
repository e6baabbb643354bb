import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { eve } from '../support/people'
import { annAsAdmin } from '../support/roles'
import { makeToken } from '../support/tokens'

const done = { status: 303 }

test('deactivating ends every session, device and token at once, and activating restores none', async () => {
  const { anns, eves, browser, deps, users, pageOf, events } = await annAsAdmin()
  const phone = browser()
  await phone.post('/login', { ...eve, remember: 'yes' })
  phone.close()
  const made = await makeToken(deps, users.eve, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
  const program = () => browser().ask('/api/me', { headers: { authorization: `Bearer ${made.text}` } })
  expect((await program()).status).toBe(200)
  events.length = 0

  expect(await anns.post(`${pageOf('eve')}/deactivate`)).toMatchObject({ ...done, to: pageOf('eve') })
  const { html } = await anns.get(pageOf('eve'))
  expect(html).toContain('Account deactivated.')
  expect(html).toContain('<span class="badge danger">Deactivated</span>')
  expect(html).toContain(`action="${pageOf('eve')}/activate"`)
  expect(html).not.toContain(`${pageOf('eve')}/deactivate`)
  const closed = async () => {
    expect((await eves.get('/profile')).to).toBe('/login?next=%2Fprofile')
    expect((await phone.get('/profile')).to).toBe('/login?next=%2Fprofile')
    expect((await program()).status).toBe(401)
  }
  await closed()
  expect((await browser().post('/login', eve)).status).toBe(422)
  const observed = events.filter(({ kind }) => kind !== 'access-denied' && kind !== 'login-failed')
  expect(observed.map(({ kind }) => kind)).toEqual([
    'session-ended',
    'session-ended',
    'token-revoked',
    'user-deactivated',
  ])
  expect(observed.at(-1)).toEqual({ kind: 'user-deactivated', userId: users.eve.id, by: users.ann.id })

  expect(await anns.post(`${pageOf('eve')}/activate`)).toMatchObject({ ...done, to: pageOf('eve') })
  expect((await anns.get(pageOf('eve'))).html).toContain('Account activated.')
  await closed()
  expect((await browser().post('/login', eve)).status).toBe(303)
})

test('repeated clicks on the same button change nothing and record no further event', async () => {
  const { anns, pageOf, events } = await annAsAdmin()
  await Promise.all(Array.from({ length: 10 }, () => anns.copy().post(`${pageOf('eve')}/end-sessions`)))
  expect(events.filter(({ kind }) => kind === 'sessions-revoked')).toHaveLength(1)
})

test('repeating a completed change succeeds and records no second event', async () => {
  const { anns, pageOf, events } = await annAsAdmin()
  for (const change of ['deactivate', 'deactivate', 'activate', 'activate'])
    expect(await anns.post(`${pageOf('eve')}/${change}`)).toMatchObject(done)
  for (const role of ['support', 'support'])
    expect(await anns.post(`${pageOf('eve')}/role`, { role })).toMatchObject(done)
  const observed = events.map(({ kind }) => kind)
  for (const kind of ['user-deactivated', 'user-activated'] as const)
    expect(observed.filter((one) => one === kind)).toHaveLength(1)
  expect(observed.filter((kind) => kind === 'role-changed')).toHaveLength(2) // ann became an admin before
})

test('a changed role applies from the next request of an open session', async () => {
  const { anns, eves, pageOf, events, users } = await annAsAdmin()
  expect((await eves.get('/admin/users')).status).toBe(403)
  expect(await anns.post(`${pageOf('eve')}/role`, { role: 'support' })).toMatchObject(done)
  expect((await anns.get(pageOf('eve'))).html).toContain('Role changed.')
  expect((await eves.get('/admin/users')).status).toBe(200)
  await anns.post(`${pageOf('eve')}/role`, { role: 'admin' })
  expect((await eves.post(`${pageOf('sue')}/end-sessions`)).status).toBe(303)
  await anns.post(`${pageOf('eve')}/role`, { role: 'user' })
  expect((await eves.get('/admin/users')).status).toBe(403)
  expect((await eves.post(`${pageOf('sue')}/end-sessions`)).status).toBe(403)
  expect(events.filter(({ kind }) => kind === 'role-changed').slice(1)).toEqual(
    (
      [
        ['user', 'support'],
        ['support', 'admin'],
        ['admin', 'user'],
      ] as const
    ).map(([from, to]) => ({
      kind: 'role-changed',
      userId: users.eve.id,
      from,
      to,
      by: users.ann.id,
    })),
  )
})

test('a changed role rotates the session token at the next request, and the old token stops working', async () => {
  const { anns, eves, pageOf } = await annAsAdmin()
  const stolen = eves.copy()
  await anns.post(`${pageOf('eve')}/role`, { role: 'support' })
  expect((await eves.get('/dashboard')).status).toBe(200)
  expect(eves.jar.get('session')).not.toBe(stolen.jar.get('session'))
  expect((await stolen.get('/admin/users')).to).toBe('/login?next=%2Fadmin%2Fusers')
  const { set } = await eves.get('/dashboard')
  expect(set).toEqual([])
})

test('only a user action consumes the rotation, not a poll or a response that may be lost', async () => {
  const { anns, eves, pageOf } = await annAsAdmin()
  await anns.post(`${pageOf('eve')}/role`, { role: 'support' })
  expect((await eves.ask('/dashboard', { method: 'HEAD', headers: {} })).set).toEqual([])
  expect((await eves.get('/admin/users', { 'x-poll': '1' })).set).toEqual([])
  expect((await eves.get('/api/me')).set).toEqual([])
  expect((await eves.get('/admin/users')).set).toHaveLength(1)
})

test('a session can log out, reauthenticate or change the password in the request that rotates its token', async () => {
  for (const [path, fields] of [
    ['/logout', {}],
    ['/settings/password', { password: eve.password, new_password: 'five boxing wizards' }],
  ] as const) {
    const { anns, eves, pageOf, deps, users } = await annAsAdmin()
    await anns.post(`${pageOf('eve')}/role`, { role: 'support' })
    expect(await eves.post(path, fields)).toMatchObject({ status: 303, to: path === '/logout' ? '/' : '/settings' })
    const live = deps.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', users.eve.id)
      .where('ended_at', 'is', null)
    expect(await live.execute()).toHaveLength(path === '/logout' ? 0 : 1)
    expect((await eves.get('/profile')).status).toBe(path === '/logout' ? 303 : 200)
  }
})

test('an unknown role is rejected with the list of valid roles', async () => {
  const { anns, pageOf, deps } = await annAsAdmin()
  for (const role of ['', 'boss', 'Admin', 'admin ', '__proto__', 'constructor']) {
    const { status, html } = await anns.post(`${pageOf('eve')}/role`, { role })
    expect(status).toBe(422)
    expect(html).toContain('<small id="role-error" class="field-error">Choose a role: user, support, admin.</small>')
    expect(html).toMatch(/<select id="role" name="role" [^>]*aria-invalid="true" aria-describedby="role-error"/)
    expect(html).toMatch(/<select [^>]* autofocus/)
  }
  const eves = await deps.db.selectFrom('users').select('role').where('email', '=', eve.email).executeTakeFirst()
  expect(eves?.role).toBe('user')
})

test('ending sessions ends all sessions and remembered devices, and API tokens stay', async () => {
  const { anns, eves, browser, pageOf, deps, users } = await annAsAdmin()
  const phone = browser()
  await phone.post('/login', { ...eve, remember: 'yes' })
  const made = await makeToken(deps, users.eve, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
  expect(await anns.post(`${pageOf('eve')}/end-sessions`)).toMatchObject({ ...done, to: pageOf('eve') })
  expect((await eves.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  phone.close()
  expect((await phone.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await browser().ask('/api/me', { headers: { authorization: `Bearer ${made.text}` } })).status).toBe(200)
  expect((await anns.get('/profile')).status).toBe(200)
})

test('the last active admin cannot be demoted or deactivated, and the page explains it', async () => {
  const { anns, pageOf } = await annAsAdmin()
  await anns.post(`${pageOf('eve')}/deactivate`) // deactivating eve does not protect ann
  for (const [change, fields] of [
    ['deactivate', {}],
    ['role', { role: 'user' }],
    ['role', { role: 'support' }],
  ] as const) {
    const { status, html } = await anns.post(`${pageOf('ann')}/${change}`, fields)
    expect(status).toBe(422)
    const error = 'This is the last active admin. Give another user the admin role first.'
    const [id, control] = change === 'role' ? ['role-error', '<select'] : ['state-error', '<a']
    expect(html).toMatch(new RegExp(`id="${id}"[^>]*>${error}<`))
    const [tag] = new RegExp(`${control} [^>]*aria-describedby="${id}"[^>]*`).exec(html) ?? []
    expect(tag).toContain(' autofocus')
  }
  expect((await anns.get('/admin/users')).status).toBe(200)
  const { html } = await anns.post(`${pageOf('ann')}/role`, { role: 'support' })
  expect(html).toContain('<option value="support" selected>')
  await anns.post(`${pageOf('eve')}/role`, { role: 'admin' })
  await anns.post(`${pageOf('eve')}/deactivate`) // a deactivated admin does not count
  expect((await anns.post(`${pageOf('ann')}/role`, { role: 'user' })).status).toBe(422)
  await anns.post(`${pageOf('eve')}/activate`)
  expect(await anns.post(`${pageOf('ann')}/role`, { role: 'user' })).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await anns.get('/admin/users')).status).toBe(403)
})

test('two admins who remove each other at once leave one admin', async () => {
  for (const [change, fields] of [
    ['deactivate', {}],
    ['role', { role: 'user' }],
  ] as const) {
    const { anns, eves, pageOf, deps } = await annAsAdmin()
    await anns.post(`${pageOf('eve')}/role`, { role: 'admin' })
    await eves.get('/profile')
    await Promise.all(
      Array.from({ length: 10 }, () => [
        anns.copy().post(`${pageOf('eve')}/${change}`, fields),
        eves.copy().post(`${pageOf('ann')}/${change}`, fields),
      ]).flat(),
    )
    const left = deps.db
      .selectFrom('users')
      .select('name')
      .where('role', '=', 'admin')
      .where('deactivated_at', 'is', null)
    expect(await left.execute()).toHaveLength(1)
  }
})

test('a confirmation names the user and counts what ends, and the page changes nothing', async () => {
  const { anns, browser, pageOf, deps, users } = await annAsAdmin()
  const textOf = async (path: string) => {
    const { html } = await anns.get(`${pageOf('eve')}/${path}`)
    expect(html).toContain(`<form method="post" action="${pageOf('eve')}/${path}"`)
    return [/<h1[^>]*>(.*?)<\/h1>\s*<p[^>]*>(.*?)<\/p>/.exec(html)?.slice(1), /<title>(.*?) ·/.exec(html)?.[1]].flat()
  }
  expect(await textOf('deactivate')).toEqual([
    'Deactivate <bdi>Eve</bdi>?',
    '1 session ends now, and this account can no longer log in. You can activate it again later.',
    'Deactivate Eve?',
  ])
  for (let i = 0; i < 2; i++) await browser().post('/login', { ...eve, remember: 'yes' })
  for (const name of ['x', 'y']) await makeToken(deps, users.eve, { name, scopes: ['profile:read'], lifetime: days(1) })
  expect((await textOf('deactivate'))[1]).toBe(
    '3 sessions end now, 2 devices are no longer remembered, 2 API tokens are revoked, and this account can no longer ' +
      'log in. You can activate it again later.',
  )
  expect(await textOf('end-sessions')).toEqual([
    'End all sessions of <bdi>Eve</bdi>?',
    '3 sessions end now, and 2 devices are no longer remembered. The user can log in again. ' +
      'API tokens stay valid.',
    'End all sessions of Eve?',
  ])
  await anns.post(`${pageOf('eve')}/end-sessions`)
  expect((await textOf('end-sessions'))[1]).toStartWith('No session is active. ')
  expect((await anns.get('/admin/users/unknown/deactivate')).status).toBe(404)
})

test('a confirmation warns an admin about the own session', async () => {
  const { anns, pageOf } = await annAsAdmin()
  expect((await anns.get(`${pageOf('ann')}/end-sessions`)).html).toContain('Your own session is one of them.')
  expect((await anns.get(`${pageOf('ann')}/deactivate`)).html).toContain('This is your own account.')
})

test('an admin unlocks an account after a hundred wrong passwords', async () => {
  const { anns, browser, pageOf, deps, users, events } = await annAsAdmin()
  const lock = { key_hash: sha256(`account ${eve.email}`), user_id: users.eve.id, count: 100, retry_at: 0 }
  await deps.db
    .insertInto('login_failures')
    .values({ ...lock, expires_at: null })
    .execute()
  expect((await browser().post('/login', eve)).status).toBe(429)
  expect((await anns.get('/admin/users?state=locked')).html).toContain('<bdi>Eve</bdi>')
  expect((await anns.get(pageOf('eve'))).html).toContain(`action="${pageOf('eve')}/unlock"`)
  expect(await anns.post(`${pageOf('eve')}/unlock`)).toMatchObject({ ...done, to: pageOf('eve') })
  const { html } = await anns.get(pageOf('eve'))
  expect(html).toContain('Account unlocked.')
  expect(html).not.toContain('/unlock"')
  expect(events.at(-1)).toEqual({ kind: 'account-unlocked', userId: users.eve.id, by: users.ann.id })
  expect((await browser().post('/login', eve)).status).toBe(303)
})

test('the page of a user without sessions says so', async () => {
  const { anns, pageOf } = await annAsAdmin()
  await anns.post(`${pageOf('eve')}/end-sessions`)
  expect((await anns.get(pageOf('eve'))).html).toContain('No active sessions.')
})
