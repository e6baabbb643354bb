import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { createApiToken, listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { annsProgram, apiOf } from '../support/api'
import { makeToken } from '../support/tokens'

test('a token is listed with its name, expiry and scopes, and without any secret', async () => {
  const { page, program, token, text, advance } = await annsProgram()
  const shown = {
    id: token.id,
    name: 'Nightly backup',
    hint: text.slice(-4),
    scopes: ['profile:read', 'profile:write'],
    created_at: '2030-01-01T12:00:00.000Z',
    expires_at: '2030-04-01T12:00:00.000Z',
  }
  expect((await page('GET', '/api/tokens')).json).toEqual({ tokens: [{ ...shown, last_used_at: null }] })
  advance(minutes(2))
  const { json, html } = await program('GET', '/api/tokens')
  expect(json).toEqual({ tokens: [{ ...shown, last_used_at: '2030-01-01T12:02:00.000Z' }] })
  expect(html).not.toContain(text.slice(3, 20))
  expect(html).not.toMatch(/hash/)
})

test('tokens are listed newest first, without expired and revoked ones', async () => {
  const { page, deps, users, advance } = await annsProgram()
  advance(minutes(1))
  await createApiToken(deps, users.ann, { name: 'Short', scopes: ['profile:read'], lifetime: minutes(3) })
  const names = async () => (await page('GET', '/api/tokens')).json.tokens.map(({ name }: { name: string }) => name)
  expect(await names()).toEqual(['Short', 'Nightly backup'])
  advance(minutes(3) - 1)
  expect(await names()).toEqual(['Short', 'Nightly backup'])
  advance(1)
  expect(await names()).toEqual(['Nightly backup'])
})

test('a revoked token stops working at once', async () => {
  const { page, program, token, events } = await annsProgram()
  expect((await program('GET', '/api/me')).status).toBe(200)
  expect(await page('DELETE', `/api/tokens/${token.id}`)).toMatchObject({ status: 204, html: '', set: [] })
  for (const path of ['/api/me', '/api/sessions', '/api/tokens']) expect((await program('GET', path)).status).toBe(401)
  expect((await program('PATCH', '/api/me', { name: 'Eve' })).status).toBe(401)
  expect((await page('GET', '/api/tokens')).json).toEqual({ tokens: [] })
  expect((await page('DELETE', `/api/tokens/${token.id}`)).status).toBe(404)
  expect(events.filter(({ kind }) => kind === 'token-revoked')).toHaveLength(1)
})

test('a token can revoke itself, and other tokens keep working', async () => {
  const site = await annsProgram()
  const made = { name: 'Other', scopes: ['profile:read'], lifetime: days(1) } as const
  const other = await makeToken(site.deps, site.users.ann, made)
  expect((await site.program('DELETE', `/api/tokens/${site.token.id}`)).status).toBe(204)
  expect((await site.program('DELETE', `/api/tokens/${site.token.id}`)).status).toBe(401)
  expect((await site.program('GET', '/api/me')).status).toBe(401)
  const others = apiOf(site, site.browser(), { authorization: `Bearer ${other.text}` })
  expect((await others('GET', '/api/me')).status).toBe(200)
})

test('an unknown, foreign, ended or malformed token id returns the same 404 and revokes nothing', async () => {
  const { page, program, deps, users, advance, evesProgram } = await annsProgram()
  const eves = await evesProgram()
  const [evesToken] = await listApiTokensOf(deps, users.eve)
  const made = { name: 'Short', scopes: ['profile:read'], lifetime: minutes(1) } as const
  const expired = await makeToken(deps, users.ann, made)
  advance(minutes(1))
  const ids = [
    'x',
    evesToken?.id,
    expired.token.id,
    expired.text,
    users.ann.id,
    '%ZZ',
    '%00',
    'a%2Fb',
    'ä',
    '_'.repeat(5000),
  ]
  const answers = []
  for (const ask of [page, program]) for (const id of ids) answers.push(await ask('DELETE', `/api/tokens/${id}`))
  const [first] = answers
  for (const { status, html, headers } of answers)
    expect([status, html, [...headers]]).toEqual([404, first?.html ?? '', [...(first?.headers ?? [])]])
  expect((await eves('GET', '/api/me')).status).toBe(200)
})

const asks = [
  ['profile:read', 'GET', '/api/me'],
  ['profile:read', 'GET', '/api/sessions'],
  ['profile:read', 'GET', '/api/tokens'],
  ['profile:write', 'PATCH', '/api/me'],
  ['profile:write', 'DELETE', '/api/sessions/x'],
  ['profile:write', 'DELETE', '/api/tokens/x'],
] as const

test.each(asks)('the scope %s is required for %s %s', async (scope, method, path) => {
  const site = await annsProgram({ granted: [] })
  const others = (['profile:read', 'profile:write'] as const).filter((one) => one !== scope)
  for (const [scopes, isIn] of [
    [[], false],
    [others, false],
    [[scope], true],
  ] as const) {
    const made = await makeToken(site.deps, site.users.ann, { name: 'x', scopes, lifetime: days(1) })
    const program = apiOf(site, site.browser(), { authorization: `Bearer ${made.text}` })
    const { status, json, headers, set } = await program(
      method,
      path,
      method === 'PATCH' ? { name: 'Ann B.' } : undefined,
    )
    expect([status === 403, set]).toEqual([!isIn, []])
    if (isIn) continue
    expect(json.detail).toBe(`This request needs a token with the scope ${scope}.`)
    expect(headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${scope}"`)
  }
})

test('a token and a session have no permission that the role of the user lacks', async () => {
  const { deps, page, program, users } = await annsProgram()
  const strange: string = 'unknown'
  await deps.db
    .updateTable('users')
    .set({ role: strange as 'user' })
    .where('id', '=', users.ann.id)
    .execute()
  for (const ask of [page, program])
    for (const [, method, path] of asks) expect((await ask(method, path)).status).toBe(403)
})
