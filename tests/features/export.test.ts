import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { changeEmailOf } from '@/model/accounts/change-email'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { ann, annAndEve, eve } from '../support/people'

/** Ann has two sessions, a remembered device, an API token and a wrong password behind her. */
async function annWithData() {
  const site = await annAndEve({}, { exportUserData: ({ name }) => ({ notes: [`a note of ${name}`] }) })
  const device = site.browser()
  await device.post('/login', { ...ann, remember: 'yes' })
  await site.browser().post('/login', { ...ann, password: 'wrong' })
  const created = await createApiToken(site.deps, site.users.ann, {
    name: 'backup script',
    scopes: ['profile:read'],
    lifetime: days(1),
  })
  if (created.kind !== 'created') throw new Error(created.kind)
  const anns = await site.as(ann)
  return { ...site, anns, device, token: created.text, download: () => anns.post('/settings/export') }
}

test('the file has the account, sessions, devices, tokens, activity and the data of the app', async () => {
  const { download, users } = await annWithData()
  const { status, headers, html } = await download()
  expect(status).toBe(200)
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(headers.get('content-disposition')).toBe('attachment; filename="account-data-2030-01-01.json"')
  expect(headers.get('cache-control')).toBe('no-store')
  const data = JSON.parse(html)
  expect(data.account).toMatchObject({ id: users.ann.id, email: ann.email, name: 'Ann', role: 'user' })
  expect(data.account.created_at).toBe('2030-01-01T12:00:00.000Z')
  expect(data.sessions).toHaveLength(2)
  expect(data.remembered_devices).toEqual([{ since: '2030-01-01T12:00:00.000Z', until: '2030-01-31T12:00:00.000Z' }])
  expect(data.known_devices.length).toBeGreaterThan(0)
  expect(data.api_tokens).toMatchObject([{ name: 'backup script', scopes: ['profile:read'], revoked_at: null }])
  expect(data.activity.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['signed-up', 'logged-in', 'login-failed', 'token-created', 'data-exported']),
  )
  expect(data.app).toEqual({ notes: ['a note of Ann'] })
})

test('the file says when the address was confirmed or refused, and when the password was reset', async () => {
  const { download, deps, users } = await annWithData()
  const at = deps.now()
  await deps.db
    .updateTable('users')
    .set({ email_verified_at: at, email_rejected_at: at + 1, recovered_at: at + 2, email_declined_at: at + 3 })
    .where('id', '=', users.ann.id)
    .execute()
  expect(JSON.parse((await download()).html).account).toMatchObject({
    email_verified_at: '2030-01-01T12:00:00.000Z',
    email_rejected_at: '2030-01-01T12:00:00.001Z',
    password_reset_at: '2030-01-01T12:00:00.002Z',
    email_declined_at: '2030-01-01T12:00:00.003Z',
  })
})

test('the file has the changes of the address', async () => {
  const { download, deps, users } = await annWithData()
  await changeEmailOf(deps, users.ann, 'new@example.test', 'command line')
  expect(JSON.parse((await download()).html).email_changes).toEqual([
    {
      from: ann.email,
      to: 'new@example.test',
      requested_at: '2030-01-01T12:00:00.000Z',
      changed_at: '2030-01-01T12:00:00.000Z',
      cancelled_at: null,
      undo_until: null,
      undone_at: null,
    },
  ])
})

test('the file has no hash, no token and nothing of another user', async () => {
  const { download, token, device, anns, deps, users } = await annWithData()
  const { html } = await download()
  const secrets = [token, ...device.jar.values(), ...anns.jar.values()].filter((value) => value.length > 20)
  expect(secrets.length).toBeGreaterThan(3)
  for (const secret of [...secrets, 'argon2', eve.email, users.eve.id]) expect(html).not.toContain(secret)
  const rows = await Promise.all([
    deps.db.selectFrom('sessions').select('token_hash as hash').execute(),
    deps.db.selectFrom('known_devices').select('token_hash as hash').execute(),
    deps.db.selectFrom('remember_series').select('id as hash').execute(),
    deps.db.selectFrom('api_tokens').select('token_hash as hash').execute(),
  ])
  const hashes = rows.flat().flatMap(({ hash }) => hash ?? [])
  expect(hashes.length).toBeGreaterThan(4)
  for (const hash of hashes) expect(html).not.toContain(hash)
})

test('a stale login must reauthenticate before the download', async () => {
  const { anns, advance, download } = await annWithData()
  advance(minutes(4))
  await anns.get('/profile')
  advance(minutes(4))
  expect((await download()).to).toBe('/relogin')
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe('/resume')
  expect((await anns.postHtmx('/resume')).to).toBe('/settings/export') // htmx cannot save a file
  expect((await download()).status).toBe(200)
})

test('the sixth download within a day is refused, with the time to wait', async () => {
  const { anns, download, advance, deps } = await annWithData()
  deps.config.session.fresh = days(2)
  deps.config.session.idle = days(2)
  deps.config.session.max = days(3)
  for (let i = 0; i < 5; i++) expect((await download()).status).toBe(200)
  const refused = await download()
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe(`${24 * 60 * 60}`)
  expect(refused.html).toContain('You can download your data 5 times a day. Try again in 24 hours.')
  expect((await anns.get('/settings/export')).status).toBe(200)
  advance(days(1))
  expect((await download()).status).toBe(200)
})

test('each download leaves an event, and an API token downloads nothing', async () => {
  const { download, events, users, browser, token, anns } = await annWithData()
  await download()
  expect(events.filter(({ kind }) => kind === 'data-exported')).toEqual([
    { kind: 'data-exported', userId: users.ann.id },
  ])
  expect((await anns.get('/settings/activity')).html).toContain('You downloaded your data.')
  const headers = { authorization: `Bearer ${token}` }
  const program = browser()
  expect((await program.post('/settings/export', {}, headers)).status).toBe(303)
  expect((await program.ask('/api/me/export', { method: 'POST', headers })).status).toBe(404)
})
