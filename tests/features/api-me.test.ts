import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { findPendingChanges } from '@/model/accounts/pending-changes'
import { annsProgram } from '../support/api'
import { ann, annAndEve, passwordHashOf } from '../support/people'

type Row = Record<string, unknown>

async function annsRow({ deps }: Pick<Awaited<ReturnType<typeof annAndEve>>, 'deps'>): Promise<Row> {
  return deps.db.selectFrom('users').selectAll().where('email', '=', ann.email).executeTakeFirstOrThrow()
}

test('a page and a program change the name and receive the same response', async () => {
  const site = await annsProgram()
  for (const [ask, name] of [
    [site.page, ' Ann B. '],
    [site.program, 'Ann C.'],
  ] as const) {
    const { status, json, set } = await ask('PATCH', '/api/me', { name })
    expect([status, set]).toEqual([200, []])
    expect(json).toMatchObject({ id: site.users.ann.id, email: ann.email, name: name.trim(), roles: ['user'] })
    expect((await ask('GET', '/api/me')).json).toEqual(json)
    expect((await site.annsBrowser.get('/profile')).html).toContain(`Welcome, ${name.trim()}!`)
  }
})

test('a form works as well as JSON', async () => {
  const { program } = await annsProgram()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await program('PATCH', '/api/me', 'name=Ann+B.', form)).json.name).toBe('Ann B.')
  expect(await program('PATCH', '/api/me', 'name=A&name=B', form)).toMatchObject({ status: 400 })
  expect((await program('GET', '/api/me')).json.name).toBe('Ann B.')
})

test.each([
  ['', 'Enter your name.'],
  [' ', 'Enter your name.'],
  ['x'.repeat(101), 'Use a name of at most 100 characters.'],
  ['a\u0000b', 'Use visible characters only.'],
])('the name %j is rejected with the message of the profile page', async (name, sentence) => {
  const site = await annsProgram()
  const { status, json } = await site.program('PATCH', '/api/me', { name })
  expect([status, json]).toEqual([
    422,
    { type: 'about:blank', title: 'Invalid input', status: 422, detail: sentence, errors: { name: sentence } },
  ])
  expect((await annsRow(site)).name).toBe('Ann')
})

const changeOf = (user_id: string, requested_at: number) => ({
  id: `${requested_at}`,
  user_id,
  new_email: 'new@example.test',
  new_canonical_email: 'new@example.test',
  old_email: ann.email,
  old_canonical_email: ann.email,
  requested_at,
})

test('a page and a program learn whether the address is confirmed', async () => {
  const { deps, users, page, program } = await annsProgram()
  for (const ask of [page, program]) expect((await ask('GET', '/api/me')).json.email_verified).toBe(false)
  const verified = deps.db.updateTable('users').set({ email_verified_at: deps.now() }).where('id', '=', users.ann.id)
  await verified.execute()
  for (const ask of [page, program]) expect((await ask('GET', '/api/me')).json.email_verified).toBe(true)
})

test('a pending change of address shows its time for a day, and never the new address', async () => {
  const { deps, users, advance, page, program } = await annsProgram({ env: { SESSION_IDLE_SECONDS: '100000' } })
  const at = deps.now()
  await deps.db.insertInto('email_changes').values(changeOf(users.ann.id, at)).execute()
  await deps.db
    .insertInto('email_changes')
    .values(changeOf(users.eve.id, at + 1))
    .execute()
  for (const ask of [page, program]) {
    const { json, html } = await ask('GET', '/api/me')
    expect(json.email_change).toEqual({ requested_at: '2030-01-01T12:00:00.000Z' })
    expect(html).not.toContain('new@')
  }
  expect((await program('PATCH', '/api/me', { name: 'Ann B.' })).json.email_change).not.toBeNull()
  advance(days(1) - 1)
  expect((await program('GET', '/api/me')).json.email_change).not.toBeNull()
  advance(1)
  expect((await program('GET', '/api/me')).json.email_change).toBeNull()
})

test.each(['changed_at', 'cancelled_at'] as const)('a change with %s is not pending', async (column) => {
  const { deps, users, program } = await annsProgram()
  await deps.db
    .insertInto('email_changes')
    .values({ ...changeOf(users.ann.id, deps.now()), [column]: deps.now() })
    .execute()
  expect((await program('GET', '/api/me')).json.email_change).toBeNull()
})

test('the time of a scheduled deletion is shown', async () => {
  const { deps, users } = await annsProgram()
  const scheduled = deps.db.updateTable('users').set({ deletion_at: deps.now() }).where('id', '=', users.ann.id)
  expect((await findPendingChanges(deps, users.ann)).deletionAt).toBeNull()
  await scheduled.execute() // ends every session and token, so no request can see it
  expect((await findPendingChanges(deps, users.ann)).deletionAt).toBe(deps.now())
})

test.each([
  ['POST', '/api/me/email'],
  ['POST', '/api/me/password'],
  ['POST', '/api/me/export'],
  ['DELETE', '/api/me'],
])('no request of the API changes the address, the password or the account: %s %s', async (method, path) => {
  const { page, program } = await annsProgram()
  for (const ask of [page, program]) expect([404, 405]).toContain((await ask(method, path, {})).status)
})

const NO_JSON = 'Send JSON in UTF-8, like {"name": "Ann"}, and nothing after it.'
const TOO_DEEP = 'Send JSON that is nested at most 16 levels deep.'
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
/** Sends this body with a token and expects a quick problem document and no change. */
async function refuse(body: string) {
  const site = await annsProgram()
  const before = await annsRow(site)
  const began = performance.now()
  const { status, html, json } = await site.program('PATCH', '/api/me', body)
  expect(performance.now() - began).toBeLessThan(1000)
  expect(html).not.toMatch(/\bform|page|browser|expected|schema/i)
  expect(await annsRow(site)).toEqual(before)
  return [status, json.detail, json.errors]
}

test.each([
  ['a number', '{"name":1}'],
  ['a boolean', '{"name":true}'],
  ['null', '{"name":null}'],
  ['a list', '{"name":["Eve"]}'],
  ['an object', '{"name":{"$ne":""}}'],
  ['no name', '{}'],
  ['nothing at all', ''],
  ['a name in another case', '{"Name":"Eve"}'],
  ['a name by way of the prototype', '{"__proto__":{"name":"Eve"}}'],
  ['a name by way of the constructor', '{"constructor":{"prototype":{"name":"Eve"}}}'],
  ['a list as the whole', '[{"name":"Eve"}]'],
  ['a string as the whole', '"name"'],
  ['a number as the whole', '1'],
  ['a boolean as the whole', 'true'],
])('%s is not a valid name', async (_, body) => {
  expect(await refuse(body)).toEqual([422, 'Send name as a string.', { name: 'Send name as a string.' }])
})

test.each([
  ['null as the whole', 'null', 422, 'Send a JSON object, like {"name": "Ann"}.'],
  ['a nesting of seventeen', deep(17), 422, TOO_DEEP],
  ['a deep nesting', deep(30_000), 422, TOO_DEEP],
  ['a deep nesting in the name', `{"name":${deep(30_000)}}`, 422, TOO_DEEP],
  ['objects in objects', `{"name":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, 422, TOO_DEEP],
  ['a deep nesting beside the name', `{"name":"Eve","x":${deep(30_000)}}`, 422, TOO_DEEP],
  ['a nesting without end', '['.repeat(60_000), 400, NO_JSON],
  ['two hundred thousand lists', '['.repeat(200_000), 413, 'Send at most 64 KiB.'],
  ['half an object', '{"name":"Eve"', 400, NO_JSON],
  ['more than an object', '{"name":"Eve"} {}', 400, NO_JSON],
  ['a form that says it were JSON', 'name=Eve', 400, NO_JSON],
  ['NaN', '{"name":NaN}', 400, NO_JSON],
  ['a comma too many', '{"name":"Eve",}', 400, NO_JSON],
])('%s is rejected', async (_, body, status, detail) => {
  expect(await refuse(body)).toEqual([status, detail, undefined])
})

test('invalid UTF-8 is not valid JSON', async () => {
  const { browser, text } = await annsProgram()
  const headers = { authorization: `Bearer ${text}`, 'content-type': 'application/json' }
  const body = new Uint8Array([...new TextEncoder().encode('{"name":"'), 0xff, 0x22, 0x7d])
  const { status, html } = await browser().ask('/api/me', { method: 'PATCH', body, headers })
  expect([status, JSON.parse(html).detail]).toEqual([400, NO_JSON])
})

test('JSON in ignored fields can be nested sixteen levels deep', async () => {
  const { program } = await annsProgram()
  expect((await program('PATCH', '/api/me', `{"name":"Ann B.","x":${deep(15)}}`)).status).toBe(200)
  expect((await program('PATCH', '/api/me', `{"name":"Eve","x":${deep(16)}}`)).json.detail).toBe(TOO_DEEP)
})

test.each([
  { userId: 'eve' },
  { id: 'x' },
  { email: 'eve@example.test' },
  { canonical_email: 'eve@example.test' },
  { role: 'admin' },
  { roles: ['admin'] },
  { isAdmin: true },
  { emailVerified: true },
  { email_verified: true },
  { email_verified_at: 1 },
  { email_change: { requested_at: '2030-01-01T12:00:00.000Z' } },
  { deletion_at: null },
  { bannedAt: null },
  { deactivated_at: 1 },
  { password: 'a new password' },
  { password_hash: 'x' },
  { password_version: 9 },
  { created_at: 0 },
  { user: { role: 'admin' } },
  { ['k'.repeat(60_000)]: 1 },
])('only the name can change: %j is ignored', async (extra) => {
  const site = await annsProgram()
  const [before, hash] = [await annsRow(site), await passwordHashOf(site)]
  for (const ask of [site.page, site.program])
    expect((await ask('PATCH', '/api/me', { name: 'Ann B.', ...extra })).json.roles).toEqual(['user'])
  expect(await annsRow(site)).toEqual({ ...before, name: 'Ann B.', search_name: 'ann b.' })
  expect(await passwordHashOf(site)).toBe(hash)
  expect((await (await site.evesProgram())('GET', '/api/me')).json).toMatchObject({ name: 'Eve', roles: ['user'] })
})

test('names of built-in properties are ordinary members', async () => {
  const { program } = await annsProgram()
  const odd = '{"name":"Ann D.","__proto__":{"role":"admin"},"constructor":1,"toString":1}'
  expect((await program('PATCH', '/api/me', odd)).json).toMatchObject({ name: 'Ann D.', roles: ['user'] })
  expect(({} as Row).role).toBeUndefined()
})
